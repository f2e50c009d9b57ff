// The stored packed step as a plain C loop, one sample at a time: residual, then gradient.
// p holds the estimate with its off-diagonal entries doubled, so that <X, P> is one dot product.
// Used on hosts (plain.c) and, for f32, on Cortex-M.

#define PLAIN(T, D, NAME)                                                            \
    void NAME(const T *restrict x, const T *restrict y, long m, const T *restrict p, \
              T *restrict g) {                                                       \
        enum { L = D * (D + 1) / 2 };                                                \
        for (long i = 0; i < m; i++, x += L) {                                       \
            T r = 0;                                                                 \
            for (int k = 0; k < L; k++) r += x[k] * p[k];                            \
            r -= y[i];                                                               \
            for (int k = 0; k < L; k++) g[k] += r * x[k];                            \
        }                                                                            \
    }

#define PLAIN_RANK_ONE(T, D, NAME)                                                   \
    void NAME(const T *restrict x, const T *restrict y, long m, const T *restrict p, \
              T *restrict g) {                                                       \
        for (long i = 0; i < m; i++, x += D) {                                       \
            T r = -y[i];                                                             \
            for (int a = 0; a < D; a++) {                                            \
                T s = 0;                                                             \
                for (int b = 0; b < D; b++) s += p[a * D + b] * x[b];                \
                r += s * x[a];                                                       \
            }                                                                        \
            for (int a = 0; a < D; a++)                                              \
                for (int b = 0; b < D; b++) g[a * D + b] += r * x[a] * x[b];         \
        }                                                                            \
    }
