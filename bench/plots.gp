# SPDX-License-Identifier: MPL-2.0
# Called by bench/run with `data` and `images`, two folders. Columns: step, raw, engine, ratio, memory.
set terminal svg size 720,420 font "sans-serif,12" background "white"
set key top left
set grid
set logscale x
set ylabel "publisher's processor time, µs an event"
set y2label "engine's memory, MB"
set ytics nomirror
set y2tics
set y2range [0:*]
set style data linespoints

set logscale y
set xlabel "subscribers, each with every event"
set xtics (1, 2, 4, 8, 16, 32, 64, 128, 256)
set output images."/growth-subscribers.svg"
plot data."/subscribers.dat" using 1:2 title "plain libzmq", \
     "" using 1:3 title "engine, encoding included", \
     "" using 1:5 axes x1y2 title "memory" dashtype 2

unset logscale y
set yrange [0:*]
set xlabel "distinct subscriptions of one subscriber"
set xtics (1, 3, 10, 30, 100, 300, 1000)
set output images."/growth-subscriptions.svg"
plot data."/subscriptions.dat" using 1:2 title "plain libzmq", \
     "" using 1:3 title "engine, encoding included", \
     "" using 1:5 axes x1y2 title "memory" dashtype 2
