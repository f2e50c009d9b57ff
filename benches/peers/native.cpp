// Peers in C and C++: the read limit, the plain C loop, and Eigen with fixed sizes.
//
//     native DIRECTORY f32|f64 D dense|rank-one BATCH
//
// reads x.bin, y.bin and u.bin, prints "ready NAME..." and then obeys "run NAME SECONDS" (answer:
// nanoseconds per sample) and "check NAME" (answer: U after one step on the first batch).
#include <Eigen/Dense>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#define DECLARE(T, S, D)                                                           \
    extern "C" void plain_##S##_##D(const T *, const T *, long, const T *, T *);   \
    extern "C" void plain_one_##S##_##D(const T *, const T *, long, const T *, T *);
#define DECLARE_ALL(T, S) DECLARE(T, S, 4) DECLARE(T, S, 8) DECLARE(T, S, 16) DECLARE(T, S, 32)
DECLARE_ALL(float, f32)
DECLARE_ALL(double, f64)

template <class T, int D> struct Plain;
#define PLAIN_OF(T, S, D)                                         \
    template <> struct Plain<T, D> {                              \
        static constexpr auto packed = plain_##S##_##D;           \
        static constexpr auto rank_one = plain_one_##S##_##D;     \
    };
#define PLAIN_ALL(T, S) PLAIN_OF(T, S, 4) PLAIN_OF(T, S, 8) PLAIN_OF(T, S, 16) PLAIN_OF(T, S, 32)
PLAIN_ALL(float, f32)
PLAIN_ALL(double, f64)

// Memory aligned to cache lines and, under GLIBC_TUNABLES of the driver, in huge pages.
template <class T> struct Data {
    T *at = nullptr;
    long count = 0;
    explicit Data(long n) : at(static_cast<T *>(aligned_alloc(64, (n * sizeof(T) + 127) / 64 * 64))), count(n) {
        if (!at) { std::fprintf(stderr, "no memory\n"); std::exit(1); }
    }
};

template <class T> Data<T> load(const std::string &path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) { std::fprintf(stderr, "%s cannot be read\n", path.c_str()); std::exit(1); }
    const long bytes = file.tellg();
    Data<T> data(bytes / sizeof(T));
    file.seekg(0);
    file.read(reinterpret_cast<char *>(data.at), bytes);
    return data;
}

template <class T, int D> using Square = Eigen::Matrix<T, D, D, Eigen::RowMajor>;
template <class T, int D> constexpr int packed_length = D * (D + 1) / 2;

// Reads everything once, from one place on or from several at a time, which suits some prefetchers
// better: independent accumulators of 64 bytes, so that no latency limits it. A tail of less than a
// block is left out.
template <int PLACES, class T> T read_all(const T *x, long n) {
    typedef T Wide __attribute__((vector_size(64), aligned(sizeof(T)), may_alias));
    constexpr long W = 64 / sizeof(T);
    constexpr int U = 4;
    const long each = n / PLACES / (U * W) * U;
    const Wide *v = reinterpret_cast<const Wide *>(x);
    Wide s[PLACES][U] = {};
    for (long i = 0; i < each; i += U)
        for (int p = 0; p < PLACES; p++)
            for (int k = 0; k < U; k++) s[p][k] += v[p * each + i + k];
    T sum = 0;
    for (auto &place : s)
        for (auto &wide : place)
            for (long k = 0; k < W; k++) sum += wide[k];
    return sum;
}

template <class T, int D> struct Peers {
    static constexpr int L = packed_length<T, D>;
    typedef Square<T, D> Mat;
    Data<T> x, y, u0, full{0};
    bool rank_one;
    long batch, m;
    Mat u, p, g;
    typedef std::function<void(long, long)> Job;
    struct Peer { Job job; bool needs_full; };
    std::map<std::string, Peer> peers;
    T sink = 0;

    Peers(const std::string &dir, bool one, long b)
        : x(load<T>(dir + "/x.bin")), y(load<T>(dir + "/y.bin")), u0(load<T>(dir + "/u.bin")),
          rank_one(one), batch(b), m(y.count) {
        reset();
        if (one) {
            peers["c"] = {[this](long s, long n) {
                g.setZero();
                Plain<T, D>::rank_one(x.at + s * D, y.at + s, n, p.data(), g.data());
            }, false};
            peers["eigen-one"] = {[this](long s, long n) { one_by_one(s, n); }, false};
            peers["eigen-block"] = {[this](long s, long n) { blocked(s, n); }, false};
        } else {
            peers["c"] = {[this](long s, long n) { plain(s, n); }, false};
            peers["eigen-packed"] = {[this](long s, long n) { packed(s, n); }, false};
            peers["eigen-full"] = {[this](long s, long n) { full_size(s, n); }, true};
        }
    }
    void reset() {
        u = Eigen::Map<Mat>(u0.at);
        p.noalias() = u * u.transpose();
    }
    void dual(T *q) const {
        for (int i = 0, k = 0; i < D; i++)
            for (int j = i; j < D; j++) q[k++] = (i == j ? 1 : 2) * p(i, j);
    }
    void unpack(const T *q) {
        for (int i = 0, k = 0; i < D; i++)
            for (int j = i; j < D; j++) g(i, j) = g(j, i) = q[k++];
    }
    void plain(long s, long n) {
        alignas(64) T q[L], h[L] = {};
        dual(q);
        Plain<T, D>::packed(x.at + s * L, y.at + s, n, q, h);
        unpack(h);
    }
    void packed(long s, long n) {
        typedef Eigen::Matrix<T, L, 1> Vec;
        Vec q, h = Vec::Zero();
        dual(q.data());
        const T *e = x.at + s * L;
        for (long i = 0; i < n; i++, e += L) {
            // A sample's place is aligned only where L is a multiple of a vector's length.
            Eigen::Map<const Vec> a(e);
            const T r = a.dot(q) - y.at[s + i];
            h.noalias() += r * a;
        }
        unpack(h.data());
    }
    void full_size(long s, long n) {
        Mat h = Mat::Zero();
        const T *e = full.at + s * D * D;
        for (long i = 0; i < n; i++, e += D * D) {
            Eigen::Map<const Mat, Eigen::Aligned64> a(e);
            const T r = a.cwiseProduct(p).sum() - y.at[s + i];
            h.noalias() += r * a;
        }
        g = h;
    }
    void one_by_one(long s, long n) {
        typedef Eigen::Matrix<T, D, 1> Vec;
        Mat h = Mat::Zero();
        for (long i = 0; i < n; i++) {
            Eigen::Map<const Vec> v(x.at + (s + i) * D);
            Vec pv;
            pv.noalias() = p * v;
            const T r = v.dot(pv) - y.at[s + i];
            h.noalias() += (r * v) * v.transpose();
        }
        g = h;
    }
    void blocked(long s, long n) {
        constexpr int B = 64;
        typedef Eigen::Matrix<T, B, D, Eigen::RowMajor> Block;
        Mat h = Mat::Zero();
        Block xp;
        Eigen::Matrix<T, B, 1> r;
        long i = 0;
        for (; i + B <= n; i += B) {
            Eigen::Map<const Block> b(x.at + (s + i) * D);
            xp.noalias() = b * p;
            r = xp.cwiseProduct(b).rowwise().sum() - Eigen::Map<const Eigen::Matrix<T, B, 1>>(y.at + s + i);
            xp = r.asDiagonal() * b;
            h.noalias() += b.transpose() * xp;
        }
        g.setZero();
        if (i < n) one_by_one(s + i, n - i);
        g += h;
    }
    void step(long n) {
        const T scale = T(0.1) / D / T(n);
        Mat d;
        d.noalias() = g * u;
        u -= scale * d;
        p.noalias() = u * u.transpose();
    }
    // Full matrices of the first samples, as many as make the same number of bytes.
    void fill() {
        const long n = std::min(m, std::max<long>(x.count / (D * D), std::min(m, batch)));
        full = Data<T>(n * D * D);
        for (long s = 0; s < n; s++) {
            const T *e = x.at + s * L;
            for (int i = 0; i < D; i++)
                for (int j = i; j < D; j++) full.at[s * D * D + i * D + j] = full.at[s * D * D + j * D + i] = *e++;
        }
    }
    double time(const std::string &name, double seconds) {
        const bool stepping = name.size() > 5 && name.substr(name.size() - 5) == "+step";
        const std::string base = stepping ? name.substr(0, name.size() - 5) : name;
        long count = m, done = 0;
        Job job;
        const bool reading = base.rfind("read", 0) == 0;
        if (base == "read") {
            job = [this](long, long) { sink += read_all<1>(x.at, x.count) + read_all<1>(y.at, y.count); };
        } else if (reading) {
            job = [this](long, long) { sink += read_all<4>(x.at, x.count) + read_all<4>(y.at, y.count); };
        } else {
            Peer &peer = peers.at(base);
            if (peer.needs_full) {
                if (!full.count) fill();
                count = full.count / (D * D);
            }
            job = peer.job;
        }
        reset();
        const auto start = std::chrono::steady_clock::now();
        double elapsed;
        do {
            if (stepping) {
                for (int k = 0; k < 16; k++) { job(0, 64); step(64); }
                done += 16;
            } else if (reading) {
                job(0, m);
                done += m;
            } else {
                for (long s = 0; s < count; s += batch) {
                    job(s, std::min(batch, count - s));
                    sink += g(0, 0);
                }
                done += count;
            }
            elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        } while (elapsed < seconds);
        volatile T kept = sink;
        (void)kept;
        return elapsed * 1e9 / double(done);
    }
    int serve() {
        std::cout << "ready read read-places";
        for (auto &peer : peers) std::cout << ' ' << peer.first;
        std::cout << std::endl;
        std::string command, name;
        std::cout.precision(17);
        while (std::cin >> command >> name) {
            if (command == "run") {
                double seconds;
                std::cin >> seconds;
                std::cout << time(name, seconds) << std::endl;
            } else {
                Peer &peer = peers.at(name);
                if (peer.needs_full && !full.count) fill();
                reset();
                const long n = std::min(m, batch);
                peer.job(0, n);
                step(n);
                for (int i = 0; i < D; i++)
                    for (int j = 0; j < D; j++) std::cout << u(i, j) << ' ';
                std::cout << std::endl;
            }
        }
        return 0;
    }
};

template <class T, int D> int serve(const std::string &dir, bool one, long batch) {
    auto *peers = new Peers<T, D>(dir, one, batch);
    return peers->serve();
}
template <class T> int of_size(int d, const std::string &dir, bool one, long batch) {
    switch (d) {
    case 4: return serve<T, 4>(dir, one, batch);
    case 8: return serve<T, 8>(dir, one, batch);
    case 16: return serve<T, 16>(dir, one, batch);
    case 32: return serve<T, 32>(dir, one, batch);
    }
    return 2;
}
int main(int count, char **arguments) {
    if (count != 6) return 2;
    const bool one = !std::strcmp(arguments[4], "rank-one");
    const long batch = std::atol(arguments[5]);
    const int d = std::atoi(arguments[3]);
    return std::strcmp(arguments[2], "f32") ? of_size<double>(d, arguments[1], one, batch)
                                            : of_size<float>(d, arguments[1], one, batch);
}
