/* SPDX-License-Identifier: MPL-2.0 */
#include "sim/cause.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct fsz_cause CAUSES[] = {
    {"UNALLOCATED_NUMBER", "1"},        {"NO_ROUTE_TRANSIT_NET", "2"},
    {"NO_ROUTE_DESTINATION", "3"},      {"CHANNEL_UNACCEPTABLE", "6"},
    {"NORMAL_CLEARING", "16"},          {"USER_BUSY", "17"},
    {"NO_USER_RESPONSE", "18"},         {"NO_ANSWER", "19"},
    {"SUBSCRIBER_ABSENT", "20"},        {"CALL_REJECTED", "21"},
    {"NUMBER_CHANGED", "22"},           {"DESTINATION_OUT_OF_ORDER", "27"},
    {"INVALID_NUMBER_FORMAT", "28"},    {"FACILITY_REJECTED", "29"},
    {"NORMAL_UNSPECIFIED", "31"},       {"NORMAL_CIRCUIT_CONGESTION", "34"},
    {"NETWORK_OUT_OF_ORDER", "38"},     {"NORMAL_TEMPORARY_FAILURE", "41"},
    {"SWITCH_CONGESTION", "42"},        {"REQUESTED_CHAN_UNAVAIL", "44"},
    {"OUTGOING_CALL_BARRED", "52"},     {"INCOMING_CALL_BARRED", "54"},
    {"BEARERCAPABILITY_NOTAUTH", "57"}, {"SERVICE_UNAVAILABLE", "63"},
    {"CHAN_NOT_IMPLEMENTED", "66"},     {"SERVICE_NOT_IMPLEMENTED", "79"},
    {"INCOMPATIBLE_DESTINATION", "88"}, {"RECOVERY_ON_TIMER_EXPIRE", "102"},
    {"PROTOCOL_ERROR", "111"},          {"INTERWORKING", "127"},
    {"ORIGINATOR_CANCEL", "487"},       {"LOSE_RACE", "502"},
    {"MANAGER_REQUEST", "503"},         {"ALLOTTED_TIMEOUT", "602"},
    {"MEDIA_TIMEOUT", "604"},
};

const struct fsz_cause *fsz_cause_find(const char *text)
{
    for (size_t i = 0; i < sizeof CAUSES / sizeof *CAUSES; i++) {
        if (strcasecmp(CAUSES[i].name, text) == 0 || strcmp(CAUSES[i].code, text) == 0) {
            return &CAUSES[i];
        }
    }
    return NULL;
}

const char *fsz_cause_q850(const struct fsz_cause *cause)
{
    return strtol(cause->code, NULL, 10) > 127 ? "16" : cause->code;
}
