# SPDX-License-Identifier: MPL-2.0
# A peer of the tests in this folder, by ZMQ::FFI; README.md has the options and the output.
use strict;
use warnings;
use Compress::Zlib ();
use Time::HiRes qw(usleep);
use ZMQ::FFI;
use ZMQ::FFI::Constants qw(:all);

$| = 1;
my ( $pattern, $endpoint, @words ) = @ARGV;
my @pairs = map { [ split /=/, $_, 2 ] } @words;
my %options = ( mechanism => 'NULL', pace => 20, timeout => 2000, window => 10, 'switch-after' => -1 );
$options{ $_->[0] } = $_->[1] for @pairs;
my @prefixes = map { $_->[1] } grep { $_->[0] eq 'subscribe' } @pairs;
my %types    = (
    sub => ZMQ_SUB, xsub => ZMQ_XSUB, req => ZMQ_REQ, dealer => ZMQ_DEALER, rep => ZMQ_REP, router => ZMQ_ROUTER
);
my $context = ZMQ::FFI->new;

sub shown {
    my ($frame) = @_;
    return '-' if $frame eq '';
    return length $frame > 48 ? sprintf( '#%d:%08x', length $frame, Compress::Zlib::crc32($frame) ) : $frame;
}

sub subscribe {
    my ( $socket, $on, $prefix ) = @_;
    if   ( $pattern eq 'xsub' ) { $socket->send( chr($on) . $prefix ) }
    else                        { $on ? $socket->subscribe($prefix) : $socket->unsubscribe($prefix) }
}

sub secure {
    my ($socket) = @_;
    if ( $options{mechanism} eq 'PLAIN' ) {
        $socket->set( ZMQ_PLAIN_USERNAME, 'string', $options{user} );
        $socket->set( ZMQ_PLAIN_PASSWORD, 'string', $options{password} );
    }
    elsif ( $options{mechanism} eq 'CURVE' ) {
        $socket->set( ZMQ_CURVE_PUBLICKEY, 'string', $options{public} );
        $socket->set( ZMQ_CURVE_SECRETKEY, 'string', $options{secret} );
        if   ( $options{server} ) { $socket->set( ZMQ_CURVE_SERVERKEY, 'string', $options{server} ) }
        else                      { $socket->set( ZMQ_CURVE_SERVER,    'int',    1 ) }
    }
}

sub open_socket {
    my $socket = $context->socket( $types{$pattern} );
    $socket->set( $_->[0], 'int', $_->[1] )
        for [ ZMQ_LINGER, 0 ], [ ZMQ_RCVHWM, 0 ], [ ZMQ_SNDHWM, 0 ], [ ZMQ_RECONNECT_IVL, 50 ];
    $socket->set( ZMQ_HEARTBEAT_IVL, 'int', $options{heartbeat} ) if $options{heartbeat};
    secure($socket);
    $options{bind} ? $socket->bind($endpoint) : $socket->connect($endpoint);
    subscribe( $socket, 1, $_ ) for @prefixes;
    print "started\n";
    return $socket;
}

sub take {
    my ($socket) = @_;
    my @frames = $socket->recv_multipart;
    print join( ' ', 'message', map { shown($_) } @frames ), "\n";
    return \@frames;
}

sub run_subscriber {
    my $socket = open_socket();
    for ( my $count = 0; ; $count++ ) {
        if ( $count == $options{'switch-after'} ) {
            subscribe( $socket, 0, $prefixes[0] );
            subscribe( $socket, 1, $options{then} );
            print "switched\n";
        }
        take($socket);
    }
}

sub run_server {
    my $socket = open_socket();
    $socket->send_multipart( take($socket) ) while 1;
}

sub request {
    my ($number) = @_;
    my $size = $options{size} // 0;
    my $body = $size ? pack( 'C*', map { $_ % 251 } 0 .. $size - 1 ) : "request-$number";
    return $pattern eq 'dealer' ? [ "env-$number", '', $body ] : [$body];
}

sub run_client {
    my ( $socket, $number, $window ) = ( undef, 0, $pattern eq 'dealer' ? $options{window} : 1 );
    while (1) {
        if ( !$socket ) {
            $socket = open_socket();
            $socket->set( ZMQ_RCVTIMEO, 'int', $options{timeout} );
        }
        $socket->send_multipart( request( $number++ ) ) for 1 .. $window;
        if ( !eval { take($socket) for 1 .. $window; 1 } ) {
            print "timeout $number\n";
            $socket->close;
            $socket = undef;
        }
        usleep( $options{pace} * 1000 );
    }
}

if    ( $pattern =~ /sub$/ )         { run_subscriber() }
elsif ( $pattern =~ /^(rep|router)/ ) { run_server() }
else                                 { run_client() }
