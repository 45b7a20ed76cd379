#include "inflow.h"

#include "peerlink.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#define HASH_NONFATAL_OOM 1 /* uthash ends the process otherwise */
#include <uthash.h>

struct inflow_entry {
    UT_hash_handle  hh;
    int             fd;
    struct fsz_link link;
    uint64_t        bytes; /* received when a whole message was last seen, heartbeats allowed for */
    bool            saw;   /* a whole message, since the last check */
    int             silent; /* checks over the bound without one */
};

struct fsz_inflow {
    struct inflow_entry *by_fd;
    int64_t              next_ms;
};

fsz_err fsz_inflow_new(struct fsz_inflow **ret_inflow)
{
    *ret_inflow = calloc(1, sizeof(**ret_inflow));
    return *ret_inflow == NULL ? FSZ_ENOMEM : FSZ_OK;
}

static void inflow_forget(struct fsz_inflow *inflow, struct inflow_entry *entry)
{
    HASH_DEL(inflow->by_fd, entry);
    free(entry);
}

void fsz_inflow_free(struct fsz_inflow **inflow)
{
    struct inflow_entry *entry = NULL, *next = NULL;
    if (*inflow == NULL) {
        return;
    }
    HASH_ITER(hh, (*inflow)->by_fd, entry, next)
    {
        inflow_forget(*inflow, entry);
    }
    free(*inflow);
    *inflow = NULL;
}

static struct inflow_entry *inflow_find(struct fsz_inflow *inflow, int fd)
{
    struct inflow_entry *entry = NULL;
    HASH_FIND_INT(inflow->by_fd, &fd, entry);
    return entry;
}

/* The kernel's count; false: no tcp. */
static bool inflow_received(int fd, uint64_t *ret_bytes)
{
    struct tcp_info info;
    socklen_t       size = sizeof(info);
    memset(&info, 0, sizeof(info));
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
        return false;
    }
    *ret_bytes = info.tcpi_bytes_received;
    return true;
}

void fsz_inflow_open(struct fsz_inflow *inflow, int fd)
{
    struct inflow_entry *entry = inflow_find(inflow, fd);
    struct fsz_link      link;
    uint64_t             bytes = 0;
    if (entry != NULL) {
        inflow_forget(inflow, entry); /* the same number, another connection */
    }
    if (!fsz_link_of(fd, &link) || !inflow_received(fd, &bytes)) {
        return;
    }
    entry = calloc(1, sizeof(*entry));
    if (entry == NULL) {
        return;
    }
    entry->fd = fd;
    entry->link = link;
    HASH_ADD_INT(inflow->by_fd, fd, entry);
    if (entry->hh.tbl == NULL) {
        free(entry);
    }
}

void fsz_inflow_saw(struct fsz_inflow *inflow, int fd)
{
    struct inflow_entry *entry = inflow_find(inflow, fd);
    if (entry != NULL) {
        entry->saw = true;
    }
}

/* Is it over the bound, and has it been for long enough? */
static bool inflow_is_endless(struct inflow_entry *entry, uint64_t bytes, uint64_t bound)
{
    if (entry->saw) {
        entry->saw = false;
        entry->silent = 0;
        entry->bytes = bytes;
        return false;
    }
    entry->bytes += FSZ_INFLOW_HEARTBEAT_BYTES;
    entry->bytes = entry->bytes < bytes ? entry->bytes : bytes;
    entry->silent = bytes - entry->bytes > bound ? entry->silent + 1 : 0;
    return entry->silent >= FSZ_INFLOW_PATIENCE;
}

size_t fsz_inflow_check(struct fsz_inflow *inflow, int64_t now_ms, uint64_t message_bytes)
{
    struct inflow_entry *entry = NULL, *next = NULL;
    size_t               cut = 0;
    if (now_ms < inflow->next_ms) {
        return 0;
    }
    HASH_ITER(hh, inflow->by_fd, entry, next)
    {
        uint64_t bytes = 0;
        if (!fsz_link_is_open(&entry->link) || !inflow_received(entry->fd, &bytes)) {
            inflow_forget(inflow, entry);
        } else if (inflow_is_endless(entry, bytes, message_bytes + FSZ_INFLOW_SPARE_BYTES)) {
            cut += fsz_link_cut(&entry->link);
            inflow_forget(inflow, entry);
        }
    }
    inflow->next_ms =
        now_ms + FSZ_INFLOW_CHECK_MS + HASH_COUNT(inflow->by_fd) / FSZ_INFLOW_CHECKS_PER_MS;
    return cut;
}

int64_t fsz_inflow_next_ms(const struct fsz_inflow *inflow)
{
    return inflow->by_fd == NULL ? INT64_MAX : inflow->next_ms;
}
