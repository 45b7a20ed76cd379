/* SPDX-License-Identifier: MPL-2.0 */
#include "zmtp/pub_private.h"

#include <stdlib.h>

fsz_err fsz_pub_origin_enter(struct fsz_pub *pub, const struct fsz_conn *conn,
                             struct pub_origin **ret_origin)
{
    const struct fsz_origin *key = &fsz_conn_facts(conn)->origin;
    struct pub_item         *item = fsz_pub_set_find(&pub->origins, key, sizeof(*key));
    struct pub_origin       *origin = (struct pub_origin *)item;
    if (origin == NULL) {
        origin = calloc(1, sizeof(*origin));
        if (origin == NULL) {
            return FSZ_ENOMEM;
        }
        origin->key = *key;
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
