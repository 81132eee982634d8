r"""More than two types of answer: what is left when some errors look like correct answers."""

from __future__ import annotations

from functools import cache

import sympy

from boostcalc.theory.steps import Identity, Inequality, Limit, SameSign, Step, SumIdentity
from boostcalc.theory.symbols import above, epsilon_0, error_at, f, n, share, t
from boostcalc.theory.theorem import Theorem

__all__ = ["pooled_lr_decay", "undetectable_floor"]

CONSTANT = "Each type of answer is accepted with a positive probability of its own, which stays as it is."
PERFECT = "A round's answers have the types of the batch before it in the same shares: perfect adaptation, no slips."
LAMBDA = sympy.Symbol("lamda", positive=True)
STEEP = {t: f * sympy.exp(LAMBDA)}

r_0, d_0, u_0 = sympy.symbols("r_0 d_0 u_0", positive=True)
r, d, u, p, phi = map(sympy.Function, ("r", "d", "u", "p", "phi"))
DETECTABLE = d_0 * (f / t) ** n
TOTAL = r_0 + u_0 + DETECTABLE
ROUND = {
    r: sympy.Lambda(n, r_0 / TOTAL),
    d: sympy.Lambda(n, DETECTABLE / TOTAL),
    u: sympy.Lambda(n, u_0 / TOTAL),
}
ERROR = {error_at: sympy.Lambda(n, (u_0 + DETECTABLE) / TOTAL)}
POOLED = {phi: sympy.Lambda(n, (u_0 * t + DETECTABLE * f) / (u_0 + DETECTABLE))}
FLOOR = u_0 / (u_0 + r_0)

i, j, k, m = sympy.symbols("i j k m", integer=True, positive=True)
x, w = sympy.IndexedBase("x", positive=True), sympy.IndexedBase("w", positive=True)
top = sympy.Symbol("w^*", positive=True)
MANY = {
    phi: sympy.Lambda(n, sympy.Sum(p(k, n) * w[k], (k, 1, m))),
    p: sympy.Lambda((j, n), x[j] * w[j] ** n / sympy.Sum(x[k] * w[k] ** n, (k, 1, m))),
}


@cache
def undetectable_floor() -> Theorem:
    r"""$\varepsilon_n \to u_0/(u_0 + r_0)$ where undetectable errors are accepted like correct answers."""
    kept = Identity(
        claim="Among what is accepted with probability t the share of errors stays as it is.",
        reason="Every filtering multiplies correct answers and undetectable errors by the same t.",
        lhs=u(n) / (u(n) + r(n)),
        rhs=FLOOR,
        where=ROUND,
    )
    limit = Limit(
        claim="With f < t the error tends to this share.",
        reason="With t = f exp(λ) and λ > 0, which is every t > f, the detectable errors vanish like exp(−λ n).",
        expression=error_at(n),
        variable=n,
        point=sympy.oo,
        value=FLOOR,
        where=ERROR,
        ranges=STEEP,
    )
    return Theorem(
        name="undetectable-floor",
        family="types",
        title="Errors that the evaluator cannot see",
        says="Where some wrong answers are accepted as readily as correct ones, the error falls to the share of those "
        "among all that is not sorted out, and no further; a forecast from one pooled false positive rate promises 0.",
        statement=(limit.statement, kept.statement),
        assumptions=(
            "Of the answers of round 0 a share r₀ is correct, d₀ wrong and detectable, u₀ wrong and undetectable, each "
            "positive; in round n they are r(n), d(n) and u(n), and φ(n) is the rate at which wrong answers of both "
            "kinds together are accepted, the pooled false positive rate.",
            "Correct answers and undetectable errors are accepted with probability t, detectable errors with f < t.",
            CONSTANT,
            PERFECT,
        ),
        reference="selection without mutation (Eigen 1971)",
        steps=(*_three_types(), kept, *_above_the_floor(), limit, *_pooled_rate(), *_pooled_promise()),
    )


@cache
def pooled_lr_decay() -> Theorem:
    r"""$\varphi_{n+1} = \mathbb{E}_n[w^2]/\mathbb{E}_n[w] \ge \varphi_n$ over the wrong answers."""
    rise = SumIdentity(
        claim="A round raises the pooled false positive rate by the variance over the mean of the acceptance of the "
        "wrong answers.",
        reason="The shares of the next round are those of this one times w over the mean of w, so its mean is the mean "
        "of w² over the mean of w; the mean of w² is the variance plus the square of the mean.",
        lhs=phi(n + 1) - phi(n),
        rhs=sympy.Sum(p(i, n) * (w[i] - phi(n)) ** 2, (i, 1, m)) / phi(n),
        where=MANY,
    )
    now, after = sympy.symbols("phi psi", positive=True)
    falls = SameSign(
        claim="The pooled likelihood ratio falls exactly when the pooled false positive rate rises, from φ to ψ.",
        reason="The two differences have the quotient t over the product of the two rates, which is positive.",
        first=sympy.Lt(t / after, t / now, evaluate=False),
        second=sympy.Lt(now, after, evaluate=False),
    )
    return Theorem(
        name="pooled-lr-decay",
        family="types",
        title="The pooled likelihood ratio falls",
        says="Filtering favours the errors that pass: the false positive rate of all wrong answers taken together "
        "rises by its variance over its mean, so their likelihood ratio falls from round to round until all that is "
        "left of them is accepted alike.",
        statement=(rise.statement,),
        assumptions=(
            "There are m types of wrong answer: xₖ is the positive share of the k-th at the start, up to a common "
            "factor, and wₖ its probability of acceptance; p(k, n) is its share among the wrong answers of round n, "
            "and φ(n) the rate at which they are accepted all together, the pooled false positive rate.",
            "There is one type of correct answer, accepted with probability t: with several their pooled rate rises "
            "as well, by its own variance over its mean.",
            CONSTANT,
            PERFECT,
        ),
        reference="fundamental theorem of natural selection (Fisher 1930, ch. 2; Price 1970)",
        steps=(*_many_types(), rise, *_upward(), falls),
    )


def _three_types() -> tuple[Step, ...]:
    """The shares of the three types in round n, by induction."""
    accepted = r(n) * t + d(n) * f + u(n) * t
    return (
        *(
            Identity(
                claim=f"One round takes the share of {name} errors from the closed form of round n to that of n + 1.",
                reason="Step of the induction: what is of the type and accepted, over all that is accepted; at n = 0 "
                "the closed form is the share at the start.",
                lhs=kind(n) * rate / accepted,
                rhs=kind(n + 1),
                where=ROUND,
            )
            for name, kind, rate in (("detectable", d, f), ("undetectable", u, t))
        ),
        Identity(
            claim="The error is what is wrong of either kind.",
            reason="The sum of two shares with one denominator.",
            lhs=error_at(n),
            rhs=d(n) + u(n),
            where={**ERROR, **ROUND},
        ),
    )


def _above_the_floor() -> tuple[Step, ...]:
    """Monotone and never below its limit."""
    return (
        Inequality(
            claim="The error stays above this share.",
            reason="There are always some detectable errors left, and they are all wrong.",
            greater=error_at(n),
            lesser=FLOOR,
            where=ERROR,
        ),
        Inequality(
            claim="With f < t the error falls in every round.",
            reason="With t = f + d and d > 0, whatever shares a round starts from, the detectable errors lose to the "
            "correct answers and the rest does not.",
            greater=(d_0 + u_0) / (r_0 + d_0 + u_0),
            lesser=(d_0 * f + u_0 * t) / (r_0 * t + d_0 * f + u_0 * t),
            ranges={t: above(f)},
        ),
    )


def _pooled_rate() -> tuple[Step, ...]:
    """The false positive rate of the two kinds of error together."""
    return (
        Inequality(
            claim="In round 0 the pooled false positive rate is below the true positive rate.",
            reason="With t = f + d and d > 0: the detectable errors are accepted less readily.",
            greater=t,
            lesser=phi(0),
            where=POOLED,
            ranges={t: above(f)},
        ),
        Inequality(
            claim="It rises from round to round.",
            reason="With t = f + d and d > 0 the errors that are left are more and more of the kind that passes.",
            greater=phi(n + 1),
            lesser=phi(n),
            where=POOLED,
            ranges={t: above(f)},
        ),
        Limit(
            claim="It tends to the true positive rate: in the end acceptance says nothing.",
            reason="Only undetectable errors are left among the wrong answers.",
            expression=phi(n),
            variable=n,
            point=sympy.oo,
            value=t,
            where=POOLED,
            ranges=STEEP,
        ),
    )


def _pooled_promise() -> tuple[Step, ...]:
    """What a forecast from the pooled rate of round 0 says."""
    pooled = sympy.Symbol("phi_0", positive=True)
    return (
        Identity(
            claim="For one round a forecast from the pooled rate of round 0 is exact.",
            reason="Bayes' rule asks only how many of the wrong answers are accepted.",
            lhs=epsilon_0 * phi(0) / ((1 - epsilon_0) * t + epsilon_0 * phi(0)),
            rhs=error_at(1),
            where={epsilon_0: (d_0 + u_0) / (r_0 + d_0 + u_0), **POOLED, **ERROR},
        ),
        Limit(
            claim="Carried on with that rate, it promises an error of 0.",
            reason="The closed form of two types with a pooled rate below t, written as t = φ exp(λ) with λ > 0, "
            "falls like exp(−λ n).",
            expression=1 / (1 + (1 - epsilon_0) / epsilon_0 * (t / pooled) ** n),
            variable=n,
            point=sympy.oo,
            value=0,
            ranges={epsilon_0: share("s"), t: pooled * sympy.exp(LAMBDA)},
        ),
    )


def _many_types() -> tuple[Step, ...]:
    """The shares of m types among the wrong answers, by induction."""
    return (
        SumIdentity(
            claim="The shares of the types add up to 1.",
            reason="The denominator is the sum of the numerators.",
            lhs=sympy.Sum(p(i, n), (i, 1, m)),
            rhs=1,
            where=MANY,
        ),
        SumIdentity(
            claim="One round takes the share of each type from the closed form of round n to that of n + 1.",
            reason="Step of the induction: what is of the type and accepted, over all that is wrong and accepted; at "
            "n = 0 the closed form is the share at the start.",
            lhs=p(j, n) * w[j] / phi(n),
            rhs=p(j, n + 1),
            where=MANY,
        ),
    )


def _upward() -> tuple[Step, ...]:
    """Why the rise is a rise, and where it ends."""
    part, chance, mean = (sympy.Symbol(name, positive=True) for name in ("p", "w", "phi"))
    apart = sympy.Symbol("d", real=True, nonzero=True)
    one, other = sympy.symbols("x_1 x_2", positive=True)
    low, high = sympy.symbols("w_1 w_2", positive=True)
    rarer = one * (low / high) ** n
    return (
        Inequality(
            claim="Each type whose acceptance differs from the mean adds to the rise, and no type takes from it.",
            reason="A positive share times the square of a difference, which is not 0.",
            greater=part * (chance - mean) ** 2,
            lesser=0,
            ranges={mean: chance - apart},
        ),
        SumIdentity(
            claim="The pooled rate never passes the largest acceptance of a type.",
            reason="The gap is a mean of gaps, none of which is negative if no acceptance is above w*.",
            lhs=top - phi(n),
            rhs=sympy.Sum(p(i, n) * (top - w[i]), (i, 1, m)),
            where=MANY,
        ),
        Limit(
            claim="With two types it tends to the larger acceptance.",
            reason="With the larger one exp(λ) times the other and λ > 0, the type that passes less readily vanishes.",
            expression=(other * high + rarer * low) / (other + rarer),
            variable=n,
            point=sympy.oo,
            value=high,
            ranges={high: low * sympy.exp(LAMBDA)},
        ),
    )
