/* SPDX-License-Identifier: MPL-2.0 */
/* err.h - the error codes that functions return.
 *
 * One list defines codes, names and messages. A function that returns fsz_err leaves its outputs
 * (`ret_…`) untouched unless it returns FSZ_OK. Nothing in the core aborts. */
#ifndef FSZ_ERR_H
#define FSZ_ERR_H

#define FSZ_ERRORS(X)                                                                              \
    X(OK, "ok")                                                                                    \
    X(ENOMEM, "out of memory")                                                                     \
    X(EFULL, "queue full")                                                                         \
    X(EINVALID, "not valid")                                                                       \
    X(ELIMIT, "beyond a limit")                                                                    \
    X(ENOTFOUND, "not found")                                                                      \
    X(ECLOSED, "closed")                                                                           \
    X(EBUSY, "busy")                                                                               \
    X(ETIMEOUT, "deadline passed")                                                                 \
    X(ESYSTEM, "refused by the operating system")                                                  \
    X(EDENIED, "not allowed")                                                                      \
    X(EREFUSED, "refused by the switch")

typedef enum fsz_err {
#define FSZ_ERROR_CODE(code, text) FSZ_##code,
    FSZ_ERRORS(FSZ_ERROR_CODE)
#undef FSZ_ERROR_CODE
} fsz_err;

#define FSZ_NODISCARD __attribute__((warn_unused_result))
#define FSZ_PRINTF(text, first) __attribute__((format(printf, text, first)))

/* The message of a code; static storage. Any thread. */
const char *fsz_err_text(fsz_err err);

#endif
