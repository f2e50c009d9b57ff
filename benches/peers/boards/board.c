// Times the loop of kernel.c on eight stored samples, as the firmware of this library times its own, checks the
// sums against double precision, and reports by semihosting. No data section: everything is set when it runs.
#include <stdint.h>

typedef void kernel(const float *restrict x, const float *restrict y, long m, const float *restrict p,
                    float *restrict g);
kernel step_8, step_16;

enum { SAMPLES = 8, ROUNDS = 8, MOST = 16 * 17 / 2 };

static float x[SAMPLES * MOST], y[SAMPLES], p[MOST], g[MOST];
static uint32_t state;

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define MASK 0x00ffffffu

static uint32_t now(void) { return REGISTER(0xe000e018); }

static uint32_t between(uint32_t start, uint32_t end) { return (start - end) & MASK; }

static int semihosting(int operation, const void *argument) {
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static void print(const char *text) { semihosting(4, text); }

static void report(const char *name, uint32_t a, uint32_t b) {
    char line[64], digits[10];
    int n = 0;
    while (*name) line[n++] = *name++;
    uint32_t values[2] = {a, b};
    for (int v = 0; v < 2; v++) {
        int k = 0;
        do digits[k++] = (char)('0' + values[v] % 10);
        while (values[v] /= 10);
        line[n++] = ' ';
        while (k) line[n++] = digits[--k];
    }
    line[n++] = '\n';
    line[n] = 0;
    print(line);
}

__attribute__((noreturn)) static void leave(int good) {
    // ADP_Stopped_ApplicationExit, or an error.
    semihosting(0x18, (const void *)(good ? 0x20026 : 0x20023));
    for (;;) {}
}

static uint32_t next(void) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static float uniform(void) { return (float)(next() >> 8) / 16777216.0f; }

// The sum of four uniforms, of unit variance: as many significant digits as a normal has.
static float bell(void) { return (uniform() + uniform() + uniform() + uniform() - 2.0f) * 1.7320508f; }

// Entries off the diagonal are smaller by the root of 2, as those of the ensembles of this library.
static void draw(int d, int signs) {
    float *entry = x;
    for (int i = 0; i < SAMPLES; i++) {
        y[i] = 1.0f;
        for (int a = 0; a < d; a++)
            for (int b = a; b < d; b++) {
                float value = signs ? (next() >> 31 ? 1.0f : -1.0f) : bell();
                *entry++ = a == b ? value : value * 0.70710678f;
            }
    }
}

static int is_right(int length) {
    for (int k = 0; k < length; k++) {
        double sum = 0, size = 0;
        for (int i = 0; i < SAMPLES; i++) {
            double r = -(double)y[i];
            for (int l = 0; l < length; l++) r += (double)x[i * length + l] * (double)p[l];
            double term = r * (double)x[i * length + k];
            sum += term;
            size += term < 0 ? -term : term;
        }
        double error = (double)g[k] - sum;
        if ((error < 0 ? -error : error) > 1e-5 * (size + 1)) return 0;
    }
    return 1;
}

static void measure(const char *name, kernel *run, int d, int signs, uint32_t nothing) {
    int length = d * (d + 1) / 2;
    uint32_t least = MASK, most = 0;
    draw(d, signs);
    for (int round = 0; round < ROUNDS; round++) {
        for (int k = 0; k < length; k++) {
            p[k] = bell() * 0.1f;
            g[k] = 0;
        }
        uint32_t start = now();
        run(x, y, SAMPLES, p, g);
        uint32_t ticks = between(start, now()) - nothing;
        if (ticks < least) least = ticks;
        if (ticks > most) most = ticks;
        if (!is_right(length)) {
            print("the sums are wrong\n");
            leave(0);
        }
    }
    report(name, least, most);
}

__attribute__((noinline)) static uint32_t spin(uint32_t turns) {
    uint32_t start = now();
    __asm__ volatile(".syntax unified\n1: subs %0, #1\n bne 1b" : "+l"(turns) : : "cc");
    return between(start, now());
}

void reset(void) {
#ifdef __ARM_FP
    REGISTER(0xe000ed88) |= 0xf << 20;
    __asm__ volatile("dsb\n isb");
#endif
    REGISTER(0xe000e014) = MASK;
    REGISTER(0xe000e018) = 0;
    REGISTER(0xe000e010) = 5;
    state = 0x9e3779b9;
    static const uint16_t TURNS[3] = {1000, 2000, 10000};
    for (int k = 0; k < 3; k++) report("loop", TURNS[k], spin(TURNS[k]));
    uint32_t start = now();
    uint32_t nothing = between(start, now());
    measure("8", step_8, 8, 0, nothing);
    measure("16", step_16, 16, 1, nothing);
    leave(1);
}

extern uint32_t stack_top[];
__attribute__((section(".vectors"), used)) static void *const VECTORS[2] = {stack_top, (void *)reset};
