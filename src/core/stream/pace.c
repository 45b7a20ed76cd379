#include "pace.h"

void fsz_pace_note(struct fsz_pace *pace, size_t taken, int64_t now_ms)
{
    int64_t passed_ms = now_ms - pace->since_ms;
    pace->count += (int64_t)taken;
    if (passed_ms >= FSZ_PACE_WINDOW_MS) {
        pace->per_s = pace->count * 1000 / passed_ms;
        pace->since_ms = now_ms;
        pace->count = 0;
    }
}

bool fsz_pace_is_thick(const struct fsz_pace *pace, int64_t gather_us)
{
    return pace->per_s * gather_us >= FSZ_PACE_WORTH * INT64_C(1000000);
}
