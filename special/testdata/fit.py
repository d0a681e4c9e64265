"""Fits the rational functions of package special and prints their coefficients.

Each function is sampled at Chebyshev points with 60 digits and fitted by least squares on
|p - f q| / (f q_previous), repeated until the weights settle; the largest relative error on
a finer grid is printed behind the name.

    python fit.py > ../coefficients.go && gofmt -w ../coefficients.go
"""
import mpmath as mp

mp.mp.dps = 60


def solve_ls(rows, rhs):
    """Least squares by Householder QR in high precision."""
    return mp.qr_solve(mp.matrix(rows), mp.matrix(rhs))[0]


def fit(name, f, lo, hi, np_, nq, centre=mp.mpf(0), scale=mp.mpf(1)):
    """f(x) ~ p(t)/q(t) on [lo, hi], t = (x - centre)/scale, deg p = np_, deg q = nq, q(0) = 1."""
    n = 2 * (np_ + nq + 1)
    mid, half = (mp.mpf(lo) + hi) / 2, (mp.mpf(hi) - lo) / 2
    xs = [mid + half * mp.cos(mp.pi * (2 * i + 1) / (2 * n)) for i in range(n)]
    fs = [f(x) for x in xs]
    ts = [(x - centre) / scale for x in xs]
    qprev = [mp.mpf(1)] * n
    for _ in range(6 if nq else 1):
        rows, rhs = [], []
        for t, y, w in zip(ts, fs, qprev):
            k = 1 / (y * w)
            rows.append([k * t**j for j in range(np_ + 1)] + [-k * y * t**j for j in range(1, nq + 1)])
            rhs.append(k * y)
        sol = solve_ls(rows, rhs)
        p, q = list(sol[: np_ + 1]), [mp.mpf(1)] + list(sol[np_ + 1 :])
        qprev = [mp.polyval(q[::-1], t) for t in ts]
    worst = mp.mpf(0)
    for i in range(401):
        x = lo + (mp.mpf(hi) - lo) * i / 400
        t, y = (x - centre) / scale, f(x)
        e = abs(mp.polyval(p[::-1], t) / mp.polyval(q[::-1], t) / y - 1) if y else 0
        worst = max(worst, e)
    print(f"// {name} has relative error {mp.nstr(worst, 2)} for arguments in [{mp.nstr(mp.mpf(lo), 4)}, {mp.nstr(mp.mpf(hi), 4)}].")
    row = lambda c: "[]float64{" + ", ".join(mp.nstr(v, 18) for v in c) + "}"
    print(f"var {name} = rational{{\n\tp: {row(p)},\n\tq: {row(q)},\n}}\n", flush=True)


x0 = mp.findroot(mp.digamma, mp.mpf("1.4616321449683623")) - 1  # the zero of psi(1 + t)


def lgamma_core(t):
    """ln Gamma(1 + t) without its zeros at 0 and 1."""
    if abs(t) < mp.mpf(10) ** -25:
        return mp.euler
    if abs(t - 1) < mp.mpf(10) ** -25:
        return 1 - mp.euler
    return mp.loggamma(1 + t) / (t * (t - 1))


def digamma_core(t):
    return mp.digamma(1 + t) / (t - x0) if abs(t - x0) > mp.mpf(10) ** -25 else mp.psi(1, 1 + x0)


def tail(f, limit):
    """A function of w2 = 1/x^2 with its limit at 0."""
    return lambda w2: f(1 / mp.sqrt(w2)) if w2 > mp.mpf(10) ** -16 else limit


def gamma_fits():
    fit("lgammaNear", lgamma_core, 0, 2, 7, 7)
    fit("digammaNear", digamma_core, 0, 2, 7, 7)
    fit("trigammaNear", lambda t: mp.psi(1, 1 + t), 0, 2, 7, 7)
    fit("tetragammaNear", lambda t: -mp.psi(2, 1 + t), 0, 2, 7, 8)
    w = mp.mpf(1) / 9
    mp.mp.dps = 80
    fit("lgammaFar", tail(lambda x: x * (mp.loggamma(x) - (x - mp.mpf(1) / 2) * mp.log(x) + x - mp.log(2 * mp.pi) / 2), mp.mpf(1) / 12), 0, w, 5, 5)
    fit("digammaFar", tail(lambda x: -x * x * (mp.digamma(x) - mp.log(x) + 1 / (2 * x)), mp.mpf(1) / 12), 0, w, 5, 5)
    fit("trigammaFar", tail(lambda x: x**3 * (mp.psi(1, x) - 1 / x - 1 / (2 * x * x)), mp.mpf(1) / 6), 0, w, 5, 5)
    fit("tetragammaFar", tail(lambda x: x**4 * (-mp.psi(2, x) - 1 / x**2 - 1 / x**3), mp.mpf(1) / 2), 0, w, 5, 5)
    mp.mp.dps = 60
    print("// digammaZero is the root of psi(1 + t); digammaZeroLow what its rounding leaves out.")
    print(f"const (\n\tdigammaZero = {float(x0)!r}\n\tdigammaZeroLow = {mp.nstr(x0 - mp.mpf(float(x0)), 18)}\n)\n")


def normal_fits():
    mills = lambda x: mp.sqrt(mp.pi / 2) * mp.exp(x * x / 2) * mp.erfc(x / mp.sqrt(2))
    fit("millsNear", mills, 0, 3, 7, 8)
    fit("millsFar", tail(lambda x: x * mills(x) if x < 2000 else 1 - 1 / x**2 + 3 / x**4 - 15 / x**6 + 105 / x**8, mp.mpf(1)), 0, mp.mpf(1) / 9, 7, 7)

    def quantile(p):  # lower tail, p <= 1/2
        y = -mp.sqrt(2 * mp.log(1 / p)) + (mp.mpf(1) if p > .01 else 0)
        for _ in range(60):
            cdf = mp.erfc(-y / mp.sqrt(2)) / 2
            pdf = mp.exp(-y * y / 2) / mp.sqrt(2 * mp.pi)
            d = (mp.log(cdf) - mp.log(p)) * cdf / pdf
            y -= d
            if abs(d) < mp.mpf(10) ** -45 * (1 + abs(y)):
                return y
        raise ValueError(p)

    # |q| <= .425 by q^2, the tails by r = sqrt(-ln p).
    centre = lambda q2: mp.sqrt(2 * mp.pi) if q2 < mp.mpf(10) ** -30 else quantile(mp.mpf(1) / 2 - mp.sqrt(q2)) / -mp.sqrt(q2)
    fit("quantileCentre", centre, 0, mp.mpf("0.180625"), 7, 7, centre=mp.mpf("0.180625"), scale=-1)
    far = lambda r: -quantile(mp.exp(-r * r))
    fit("quantileTail", far, mp.mpf("1.6"), 5, 8, 8, centre=mp.mpf("1.6"))
    fit("quantileFarTail", far, 5, 28, 8, 8, centre=5)


def bessel_fits():
    mp.mp.dps = 60
    scaled = lambda x: mp.besseli(0, x) * mp.exp(-x) * mp.sqrt(2 * mp.pi * x)
    ratio = lambda x: mp.besseli(1, x) / mp.besseli(0, x)
    fit("besselRatioNear", lambda t: ratio(mp.sqrt(t)) / mp.sqrt(t) if t > mp.mpf(10) ** -30 else mp.mpf(1) / 2, 0, 256, 8, 9, scale=mp.mpf(64))
    slope = lambda x: 1 - ratio(x) / x - ratio(x) ** 2
    fit("besselSlopeNear", lambda t: slope(mp.sqrt(t)) if t > mp.mpf(10) ** -30 else mp.mpf(1) / 2, 0, 256, 9, 10, scale=mp.mpf(64))

    def far(f, limit):  # the limit is the next term off at w < 1e-9
        return lambda w: f(1 / w) if w > mp.mpf(10) ** -9 else limit

    fit("besselFar", far(lambda x: scaled(x), mp.mpf(1)), 0, mp.mpf(1) / 16, 6, 6, centre=mp.mpf(1) / 32, scale=mp.mpf(1) / 32)
    fit("besselRatioFar", far(lambda x: x * (1 - ratio(x)), mp.mpf(1) / 2), 0, mp.mpf(1) / 16, 6, 6, centre=mp.mpf(1) / 32, scale=mp.mpf(1) / 32)
    fit("besselSlopeFar", far(lambda x: x * x * slope(x), mp.mpf(1) / 2), 0, mp.mpf(1) / 16, 7, 7, centre=mp.mpf(1) / 32, scale=mp.mpf(1) / 32)


if __name__ == "__main__":
    print("// Code generated by testdata/fit.py; DO NOT EDIT.\n\npackage special\n")
    gamma_fits()
    normal_fits()
    bessel_fits()
