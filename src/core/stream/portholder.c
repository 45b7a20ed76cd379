#include "portholder.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TCP_STATE_LISTEN = 0x0a }; /* as /proc/net/tcp has it */

/* The inode of the socket that listens on the port, from a table like /proc/net/tcp; 0: none. */
static unsigned long portholder_inode(const char *table, unsigned port)
{
    FILE *file = fopen(table, "re");
    if (file == NULL) {
        return 0;
    }
    char          line[512];
    unsigned long found = 0;
    while (found == 0 && fgets(line, sizeof(line), file) != NULL) {
        char *cursor = NULL;
        char *field =
            strtok_r(line, " \n", &cursor); /* sl local remote state … inode is the 10th */
        char *local = field ? strtok_r(NULL, " \n", &cursor) : NULL;
        char *colon = local ? strrchr(local, ':') : NULL;
        if (colon == NULL || strtoul(colon + 1, NULL, 16) != port) {
            continue;
        }
        strtok_r(NULL, " \n", &cursor);
        char *state = strtok_r(NULL, " \n", &cursor);
        if (state == NULL || strtoul(state, NULL, 16) != TCP_STATE_LISTEN) {
            continue;
        }
        for (int skip = 0; skip < 6 && field != NULL; skip++) {
            field = strtok_r(NULL, " \n", &cursor);
        }
        found = field ? strtoul(field, NULL, 10) : 0;
    }
    fclose(file);
    return found;
}

static bool portholder_has(const char *pid, const char *link_wanted)
{
    char path[300];
    snprintf(path, sizeof(path), "/proc/%s/fd", pid);
    DIR *directory = opendir(path);
    bool found = false;
    for (struct dirent *entry; directory && !found && (entry = readdir(directory)) != NULL;) {
        char link[64];
        char name[600];
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        ssize_t length = readlink(name, link, sizeof(link) - 1);
        link[length > 0 ? length : 0] = '\0';
        found = strcmp(link, link_wanted) == 0;
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return found;
}

static void portholder_tell(const char *pid, char text[FSZ_PORTHOLDER_BYTES])
{
    char path[300], name[32] = "?";
    snprintf(path, sizeof(path), "/proc/%s/comm", pid);
    FILE *file = fopen(path, "re");
    if (file != NULL) {
        if (fgets(name, sizeof(name), file) != NULL) {
            name[strcspn(name, "\n")] = '\0';
        }
        fclose(file);
    }
    snprintf(text, FSZ_PORTHOLDER_BYTES, ", held by %s (pid %.20s)", name, pid);
}

pid_t fsz_portholder_find(const char *address, char ret_text[FSZ_PORTHOLDER_BYTES])
{
    ret_text[0] = '\0';
    const char *colon = strrchr(address, ':');
    if (strncmp(address, "tcp://", 6) != 0 || colon == NULL || !isdigit((unsigned char)colon[1])) {
        return 0;
    }
    pid_t         pid = 0;
    unsigned      port = (unsigned)strtoul(colon + 1, NULL, 10);
    unsigned long inode = portholder_inode("/proc/self/net/tcp", port);
    if (inode == 0) {
        inode = portholder_inode("/proc/self/net/tcp6", port);
    }
    DIR *directory = inode ? opendir("/proc") : NULL;
    char link[64];
    snprintf(link, sizeof(link), "socket:[%lu]", inode);
    for (struct dirent *entry; directory && (entry = readdir(directory)) != NULL;) {
        if (isdigit((unsigned char)entry->d_name[0]) && portholder_has(entry->d_name, link)) {
            portholder_tell(entry->d_name, ret_text);
            pid = (pid_t)strtol(entry->d_name, NULL, 10);
            break;
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return pid;
}
