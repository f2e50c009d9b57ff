// The peer on a board with a unit for f32: the same step by the functions of CMSIS-DSP, one sample at a time. They take
// no sum of a product and a vector, so that the scaled sample lies in memory before it is added.
#include "dsp/basic_math_functions.h"

// As a library, gcc sees no sizes in the functions; in one unit with their callers it does.
#ifdef ONE_UNIT
#include "arm_add_f32.c"
#include "arm_dot_prod_f32.c"
#include "arm_scale_f32.c"
#endif

#define CMSIS(D, NAME)                                                                                       \
    void NAME(const float *restrict x, const float *restrict y, long m, const float *restrict p,             \
              float *restrict g) {                                                                           \
        enum { L = D * (D + 1) / 2 };                                                                        \
        static float scaled[L];                                                                              \
        for (long i = 0; i < m; i++, x += L) {                                                               \
            float r;                                                                                         \
            arm_dot_prod_f32(x, p, L, &r);                                                                   \
            arm_scale_f32(x, r - y[i], scaled, L);                                                           \
            arm_add_f32(g, scaled, g, L);                                                                    \
        }                                                                                                    \
    }

CMSIS(8, step_8)
CMSIS(16, step_16)
