"""Reference values for src/numerics.test.ts, by mpmath in at least 200 bits.

    python3 test/golden/numerics-table.py                 writes numerics-table.json beside this script
    python3 test/golden/numerics-table.py --coefficients  prints the polynomials of erf in src/numerics.ts

A row is [...arguments, nearest, rest]: the exact value is nearest + rest * ulp(nearest), nearest a float64.
"""

import json
import math
import pathlib
import random
import sys

import mpmath
from mpmath import mp, mpf

ROWS = 200
SMALLEST, SMALLEST_NORMAL, LARGEST = 5e-324, sys.float_info.min, sys.float_info.max

chance = random.Random(1)


def binade(low, high):
    """A float of either sign whose exponent is drawn from low to high - 1."""
    return chance.choice((-1, 1)) * math.ldexp(chance.uniform(1, 2), chance.randrange(low, high))


def between(low, high):
    return chance.uniform(low, high)


def near_multiple_of_half_pi(most):
    return chance.randrange(1, most) * (math.pi / 2)


ANGLES = (
    [0.7853981633974483, 1.5707963267948966, 3.141592653589793, 1048576.0, -1048576.0, 1647099.0, 1647100.0, 1e22, LARGEST,
     SMALLEST, 6381956970095103 * 2.0**797],
    [lambda: between(-7, 7), lambda: between(-2.0**20, 2.0**20), lambda: near_multiple_of_half_pi(2**20),
     lambda: near_multiple_of_half_pi(16), lambda: binade(-30, 0), lambda: binade(20, 1024)],
)

FUNCTIONS = {
    "exp": (mp.exp, [709.782712893384, -708.3964185322641, -745.1332191019411, 1.0, -1.0, SMALLEST],
            [lambda: between(-708, 709.7), lambda: between(-2, 2), lambda: between(-745, -708), lambda: binade(-60, 0)]),
    "log": (mp.log, [SMALLEST, SMALLEST_NORMAL, LARGEST, 0.7071067811865475, 0.7071067811865476, 1.0000000000000002,
                     0.9999999999999999, 10.0],
            [lambda: abs(binade(-1022, 1024)), lambda: between(0.5, 2), lambda: 1 + between(-1e-3, 1e-3),
             lambda: between(0, 1000), lambda: between(0, 1) * SMALLEST_NORMAL]),
    "sin": (mp.sin, *ANGLES),
    "cos": (mp.cos, *ANGLES),
    "tanh": (mp.tanh, [SMALLEST, 0.625, 0.6249999999999999, -22.0, 400.0],
             [lambda: between(-20, 20), lambda: between(-1, 1), lambda: binade(-1000, 0)]),
    "erf": (mp.erf, [SMALLEST, 1.0, 1.0000000000000002, -5.999, 6.0],
            [lambda: between(-6, 6), lambda: between(-1.5, 1.5), lambda: binade(-1000, 0)]),
}


def power_arguments():
    """A base and an exponent; half of them with results over the whole range of float64."""
    base = chance.choice((lambda: abs(binade(-1022, 1024)), lambda: between(0, 3), lambda: 1 + between(-1e-3, 1e-3)))()
    if chance.random() < 0.5:
        return base, between(-745, 709) / math.log(base)
    exponent = between(-8, 8)
    return (base, exponent) if abs(exponent * math.log(base)) < 700 else (exponent + 8.5, exponent)


POWERS = [(2.0, 0.5), (10.0, -3.0), (10.0, 308.0), (2.0, -1074.0), (0.999, 1000.0), (-3.0, 41.0), (1.0000000000000002, 1e18)]


def row(function, arguments):
    mp.prec = 1400 if max(map(abs, arguments)) > 1e6 else 240  # a large angle loses its exponent in bits
    exact = function(*map(mpf, arguments))
    nearest = float(exact)
    rest = float((exact - mpf(nearest)) / mpf(math.ulp(nearest)))
    return [*arguments, nearest, round(rest, 6)]


def table():
    rows = {}
    for name, (function, special, draws) in FUNCTIONS.items():
        drawn = [draws[i % len(draws)]() for i in range(ROWS - len(special))]
        rows[name] = [row(function, (x,)) for x in special + drawn]
    rows["pow"] = [row(mp.power, pair) for pair in POWERS + [power_arguments() for _ in range(ROWS - len(POWERS))]]
    return rows


def interpolate(function, low, high, count):
    """The polynomial through count Chebyshev nodes of [low, high], lowest power first."""
    mp.prec = 400
    nodes = [(low + high) / 2 + (high - low) / 2 * mp.cos(mp.pi * (2 * i + 1) / (2 * count)) for i in range(count)]
    powers = mpmath.matrix(count, count)
    for i, node in enumerate(nodes):
        for j in range(count):
            powers[i, j] = node**j
    return [float(c) for c in mp.lu_solve(powers, mpmath.matrix([function(node) for node in nodes]))]


if sys.argv[1:] == ["--coefficients"]:
    print("ERF_HEAD", interpolate(lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1, mpf(0), mpf(1), 13))
    tail = lambda t: mp.exp((1 / t - 3) ** 2) * mp.erfc(1 / t - 3)
    print("ERF_TAIL", interpolate(tail, mpf(1) / 9, mpf(1) / 4, 15))
else:
    lines = [
        f'"{name}": [\n' + ",\n".join(json.dumps(values) for values in rows) + "\n]" for name, rows in table().items()
    ]
    pathlib.Path(__file__).with_suffix(".json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
