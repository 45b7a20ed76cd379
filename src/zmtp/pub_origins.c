#include "zmtp/pub_private.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static struct pub_origin_key origin_key(const struct fsz_conn *conn)
{
    const struct fsz_conn_facts *facts = fsz_conn_facts(conn);
    struct pub_origin_key        key;
    struct in6_addr              address;
    memset(&key, 0, sizeof(key));
    if (inet_pton(AF_INET, facts->address, &address) == 1) {
        key.family = AF_INET;
        memcpy(key.bytes, &address, sizeof(struct in_addr));
    } else if (facts->address[0] != '\0') {
        char   number[INET6_ADDRSTRLEN];
        size_t size = strcspn(facts->address, "%");
        size = size < sizeof(number) ? size : sizeof(number) - 1;
        memcpy(number, facts->address, size);
        number[size] = '\0';
        key.family = AF_INET6;
        if (inet_pton(AF_INET6, number, &address) == 1) {
            memcpy(key.bytes, &address, sizeof(key.bytes));
        }
    } else {
        key.family = AF_UNIX;
        memcpy(key.bytes, &facts->uid, sizeof(key.bytes));
    }
    return key;
}

fsz_err fsz_pub_origin_enter(struct fsz_pub *pub, const struct fsz_conn *conn,
                             struct pub_origin **ret_origin)
{
    struct pub_origin_key key = origin_key(conn);
    struct pub_item      *item = fsz_pub_set_find(&pub->origins, &key, sizeof(key));
    struct pub_origin    *origin = (struct pub_origin *)item;
    if (origin == NULL) {
        origin = calloc(1, sizeof(*origin));
        if (origin == NULL) {
            return FSZ_ENOMEM;
        }
        origin->key = key;
        fsz_pub_set_add(&pub->origins, &origin->item, &origin->key, sizeof(origin->key));
    }
    origin->subscribers++;
    *ret_origin = origin;
    return FSZ_OK;
}

void fsz_pub_origin_leave(struct fsz_pub *pub, struct pub_origin *origin)
{
    if (--origin->subscribers == 0) {
        fsz_pub_set_remove(&pub->origins, &origin->item);
        free(origin);
    }
}
