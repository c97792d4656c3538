"""Reference values for src/numerics*.test.ts, by mpmath in at least 200 bits.

    python3 test/golden/numerics-table.py                 writes numerics-table.json beside this script
    python3 test/golden/numerics-table.py --coefficients  prints the polynomials of erf, and of pow in float32

A row is [...arguments, nearest, rest]: the exact value is nearest + rest * ulp(nearest), nearest a float64. Under
"float32" the arguments are float32; of each function, the first is where its error is the largest that is known.
"""

import json
import math
import pathlib
import random
import struct
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


SINGLE_ANGLES = [lambda: between(-7, 7), lambda: between(-8192, 8192), lambda: near_multiple_of_half_pi(5215),
                 lambda: near_multiple_of_half_pi(16), lambda: binade(-126, 0)]

SINGLES = {
    "exp": (mp.exp, [70.40309906005859, 88.72283172607422, -87.33654022216797, 1.0, -1.0],
            [lambda: between(-87.3, 88.7), lambda: between(-2, 2), lambda: binade(-30, 0)]),
    "log": (mp.log, [1.4130306243896484, 1.1754943508222875e-38, 3.4028234663852886e38, 0.7071067094802856, 0.7071067690849304,
                     1.0000001192092896, 0.9999999403953552],
            [lambda: abs(binade(-126, 128)), lambda: between(0.5, 2), lambda: 1 + between(-1e-3, 1e-3)]),
    "sin": (mp.sin, [6378.21435546875, 8192.0, 1e-45, 0.7853981852531433], SINGLE_ANGLES),
    "cos": (mp.cos, [7733.8076171875, -8192.0, 1e-45, 0.7853981852531433], SINGLE_ANGLES),
    "tanh": (mp.tanh, [0.6283095479011536, 0.625, 0.6250000596046448, 1e-45, -20.0],
             [lambda: between(-10, 10), lambda: between(-1, 1), lambda: binade(-126, 0)]),
    "erf": (mp.erf, [0.9180853962898254, 0.9140625, 0.9140625596046448, 1e-45, -3.9, 4.0],
            [lambda: between(-4, 4), lambda: between(-1.5, 1.5), lambda: binade(-149, 0)]),
}
SINGLE_POWERS = [(2.88138636e17, 0.146553546), (2.0, 0.5), (10.0, -3.0), (10.0, 38.0), (2.0, -149.0), (0.999, 1000.0),
                 (-3.0, 21.0), (1.0000001192092896, 5e8), (1e-45, 0.5), (1e-45, -0.5)]


def single_power_arguments():
    """As `power_arguments`, within the range of float32, subnormal numbers included."""
    base = chance.choice((lambda: abs(binade(-149, 128)), lambda: between(0, 3), lambda: 1 + between(-1e-3, 1e-3)))()
    return base, between(-103, 88.7) / math.log(base) if chance.random() < 0.5 else between(-8, 8)


def single_power():
    while True:
        base, exponent = map(single, single_power_arguments())
        if base != 0 and -103.9 < exponent * math.log(base) < 88.72:
            return base, exponent


def single(x):
    """The nearest float32."""
    return struct.unpack("f", struct.pack("f", x))[0]


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


def single_table():
    rows = {}
    for name, (function, special, draws) in SINGLES.items():
        drawn = [draws[i % len(draws)]() for i in range(ROWS - len(special))]
        rows[name] = [row(function, (single(x),)) for x in special + drawn]
    pairs = [tuple(map(single, pair)) for pair in SINGLE_POWERS]
    rows["pow"] = [row(mp.power, pair) for pair in pairs + [single_power() for _ in range(ROWS - len(pairs))]]
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


def shortest(numbers):
    """Each number as float32, in as few digits as tell it from its neighbours."""
    forms = ([f"{single(x):.{n}g}" for n in range(1, 10)] for x in numbers)
    return [next(form for form in each if single(float(form)) == single(x)) for x, each in zip(numbers, forms)]


if sys.argv[1:] == ["--coefficients"]:
    print("ERF_HEAD", interpolate(lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1, mpf(0), mpf(1), 13))
    tail = lambda t: mp.exp((1 / t - 3) ** 2) * mp.erfc(1 / t - 3)
    print("ERF_TAIL", interpolate(tail, mpf(1) / 9, mpf(1) / 4, 15))
    split = mpf("0.9140625")
    head = interpolate(lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1, mpf(0), split**2, 7)
    print("float32 ERF_HEAD", shortest(head))
    # Past 2.25 a larger error of the logarithm is a smaller one of erf.
    print("float32 ERF_TAIL", shortest(interpolate(lambda x: mp.log(mp.erfc(x)), split, mpf("2.25"), 8)))
    power = interpolate(lambda f: (mpf(2) ** f - 1) / f, -mpf(1) / 2, mpf(1) / 2, 6)
    print("float32 POWER_OF_TWO", shortest(power))
else:
    def section(rows):
        return ",\n".join(
            f'"{name}": [\n' + ",\n".join(json.dumps(values) for values in values_of) + "\n]"
            for name, values_of in rows.items()
        )

    text = section(table()) + ',\n"float32": {\n' + section(single_table()) + "\n}"
    pathlib.Path(__file__).with_suffix(".json").write_text("{\n" + text + "\n}\n")
