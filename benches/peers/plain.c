// Plain C for every size and scalar: what a compiler makes of the loop without -ffast-math.
#include "plain.h"

#define SIZES(T, S)                                                                    \
    PLAIN(T, 4, plain_##S##_4)                                                         \
    PLAIN(T, 8, plain_##S##_8)                                                         \
    PLAIN(T, 16, plain_##S##_16)                                                       \
    PLAIN(T, 32, plain_##S##_32)                                                       \
    PLAIN_RANK_ONE(T, 4, plain_one_##S##_4)                                            \
    PLAIN_RANK_ONE(T, 8, plain_one_##S##_8)                                            \
    PLAIN_RANK_ONE(T, 16, plain_one_##S##_16)                                          \
    PLAIN_RANK_ONE(T, 32, plain_one_##S##_32)

SIZES(float, f32)
SIZES(double, f64)
