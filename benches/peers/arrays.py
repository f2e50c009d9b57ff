"""Peers on arrays: NumPy and PyTorch, packed, full and rank one, on one thread.

    arrays.py DIRECTORY f32|f64 D dense|rank-one BATCH

The protocol is that of native.cpp. A module that is not there is left out of "ready".
"""

import sys
import time

import numpy as np

directory, scalar, d, kind, batch = sys.argv[1:]
d, batch = int(d), int(batch)
T = np.float32 if scalar == "f32" else np.float64
y = np.fromfile(directory + "/y.bin", T)
x = np.fromfile(directory + "/x.bin", T).reshape(len(y), -1)
u0 = np.fromfile(directory + "/u.bin", T).reshape(d, d)
rows, columns = np.triu_indices(d)
doubled = np.where(rows == columns, 1, 2).astype(T)
# Where entry (i, j) of the full matrix is in the packed one.
place = np.zeros((d, d), int)
place[rows, columns] = place[columns, rows] = np.arange(len(rows))
whole = {}


def full():
    """Full matrices of the first samples, as many as make the same number of bytes."""
    if "np" not in whole:
        count = min(len(y), max(x.size // (d * d), min(len(y), batch)))
        whole["np"] = np.empty((count, d * d), T)
        for s in range(0, count, 4096):
            whole["np"][s : s + 4096] = x[s : min(s + 4096, count)][:, place.ravel()]
    return whole["np"]


def np_packed(p, s, e):
    a, q = x[s:e], p[rows, columns] * doubled
    r = a @ q - y[s:e]
    return (a.T @ r)[place]


def np_full(p, s, e):
    a = full()[s:e]
    r = a @ p.ravel() - y[s:e]
    return (a.T @ r).reshape(d, d)


def np_rank_one(p, s, e):
    a = x[s:e]
    r = ((a @ p) * a).sum(1) - y[s:e]
    return a.T @ (a * r[:, None])


peers = (
    {"numpy-block": np_rank_one}
    if kind == "rank-one"
    else {"numpy-packed": np_packed, "numpy-full": np_full}
)

try:
    import torch

    torch.set_num_threads(1)
    tx, ty = torch.from_numpy(x), torch.from_numpy(y)
    t_place, t_doubled = torch.from_numpy(place), torch.from_numpy(doubled)
    t_rows, t_columns = torch.from_numpy(rows), torch.from_numpy(columns)

    def torch_packed(p, s, e):
        a, q = tx[s:e], p[t_rows, t_columns] * t_doubled
        r = torch.mv(a, q) - ty[s:e]
        return torch.mv(a.T, r)[t_place]

    def torch_full(p, s, e):
        a = torch.from_numpy(full())[s:e]
        r = torch.mv(a, p.reshape(-1)) - ty[s:e]
        return torch.mv(a.T, r).reshape(d, d)

    def torch_rank_one(p, s, e):
        a = tx[s:e]
        r = ((a @ p) * a).sum(1) - ty[s:e]
        return a.T @ (a * r[:, None])

    peers |= (
        {"torch-block": torch_rank_one}
        if kind == "rank-one"
        else {"torch-packed": torch_packed, "torch-full": torch_full}
    )
except ImportError:
    pass


def start(name):
    return torch.from_numpy(u0.copy()) if name.startswith("torch") else u0.copy()


def step(u, g, count):
    return u - (0.1 / d / count) * (g @ u)


def run(name, seconds):
    stepping = name.endswith("+step")
    name = name.removesuffix("+step")
    job = peers[name]
    count = len(full()) if name.endswith("-full") else len(y)
    u = start(name)
    p = u @ u.T
    done, begin = 0, time.perf_counter()
    while True:
        if stepping:
            u = step(u, job(p, 0, 64), 64)
            p = u @ u.T
            done += 1
        else:
            for s in range(0, count, batch):
                job(p, s, min(s + batch, count))
            done += count
        elapsed = time.perf_counter() - begin
        if elapsed >= seconds:
            return elapsed * 1e9 / done


print("ready", *peers, flush=True)
for line in sys.stdin:
    command, name, *more = line.split()
    if command == "run":
        print(run(name, float(more[0])), flush=True)
    else:
        u, n = start(name), min(len(y), batch)
        u = step(u, peers[name](u @ u.T, 0, n), n)
        print(*(float(v) for v in u.ravel()), flush=True)
