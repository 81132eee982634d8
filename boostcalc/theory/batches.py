r"""Batches of finite size: what is in one, what it takes to fill one, and what stopping when it is full does."""

from __future__ import annotations

from functools import cache

import sympy

from boostcalc.theory.filter import RATES
from boostcalc.theory.steps import Identity, Inequality, SameSign, Step
from boostcalc.theory.symbols import FILTER, B, a, above, c, epsilon, f, share, t
from boostcalc.theory.theorem import Theorem

__all__ = ["attempts_law", "batch_law", "stopping_bias"]

INDEPENDENT = "Attempts within a round are independent, each wrong with probability ε; 0 < ε < 1."
FULL = "The round ends with the attempt that fills the buffer, the B-th that is accepted."
INSIDE = {epsilon: share("s")}
SOME = {a: share("v")}
TWO_OR_MORE = {B: above(1, "b")}

m, j = sympy.symbols("m j", integer=True, positive=True)
i = sympy.Symbol("i", integer=True, nonnegative=True)
z = sympy.Symbol("z", positive=True)
r, y = sympy.symbols("r y", real=True)
SHARES = {c: FILTER[c], r: epsilon * (1 - f) / (1 - a), a: FILTER[a]}
NAIVE = r + (c - r) * y


wrong, waiting, G = map(sympy.Function, ("p", "q", "G"))
LAWS = {
    wrong: sympy.Lambda(j, sympy.binomial(B, j) * c**j * (1 - c) ** (B - j)),
    waiting: sympy.Lambda((B, m), sympy.binomial(m - 1, B - 1) * a**B * (1 - a) ** (m - B)),
}
WAIT = {waiting: LAWS[waiting]}
GENERATING = {G: sympy.Lambda(z, (a * z / (1 - (1 - a) * z)) ** B)}


@cache
def batch_law() -> Theorem:
    r"""Wrong pairs of a full buffer ~ Bin(B, c), independent of the number of attempts."""
    wrong_and_accepted, right_and_accepted = epsilon * f, (1 - epsilon) * t
    orders = sympy.binomial(m - 1, B - 1) * sympy.binomial(B, j)
    joint = Identity(
        claim="The probability of m attempts and j wrong pairs is a product of one factor in j and one in m.",
        reason="The last attempt is accepted and B − 1 of the others are, j of the B accepted are wrong, and each such "
        "order has the probability of its attempts; c and 1 − c are the two accepted kinds over a.",
        lhs=orders * wrong_and_accepted**j * right_and_accepted ** (B - j) * (1 - a) ** (m - B),
        rhs=wrong(j) * waiting(B, m),
        where={**LAWS, **FILTER},
        ranges=INSIDE,
    )
    of_batch = (1 - c + c * z) ** B
    mean = Identity(
        claim="The mean of the number of wrong pairs is Bc.",
        reason="The pairs of a batch are independent, so the generating function is the B-th power of that of one; its "
        "slope at z = 1 is the mean.",
        lhs=sympy.Subs(sympy.Derivative(of_batch, z), z, 1),
        rhs=B * c,
    )
    return Theorem(
        name="batch-law",
        family="batches",
        title="What is in a batch",
        says="The number of wrong pairs in a full buffer is binomial with B and c, and says nothing about how many "
        "attempts it took.",
        statement=(joint.statement,),
        assumptions=(f"{RATES}.", INDEPENDENT, FULL),
        reference="thinning of independent trials (Feller 1968)",
        steps=(
            joint,
            Identity(
                claim="The factor in m sums to 1, so it is the law of the attempts and the other that of the wrong "
                "pairs, whatever the attempts.",
                reason="The negative binomial series over the number i of attempts that are rejected.",
                lhs=sympy.Sum(sympy.binomial(B + i - 1, i) * a**B * (1 - a) ** i, (i, 0, sympy.oo)),
                rhs=1,
                ranges=SOME,
            ),
            mean,
            Identity(
                claim="The variance of the share of wrong pairs in a batch is c(1 − c)/B.",
                reason="The second slope at z = 1 plus the mean minus its square is the variance of the number; that "
                "of the share is the B²-th part.",
                lhs=(sympy.Subs(sympy.Derivative(of_batch, z, 2), z, 1) + B * c - (B * c) ** 2) / B**2,
                rhs=c * (1 - c) / B,
            ),
        ),
    )


@cache
def attempts_law() -> Theorem:
    r"""Attempts to fill a buffer ~ B + NegBin(B, a), with the mean B/a and the variance $B(1-a)/a^2$."""
    first = Identity(
        claim="The law obeys the recursion over the first attempt.",
        reason="Either it is accepted, and B − 1 pairs are to come in m − 1 attempts, or it is not, and all B are: "
        "Pascal's rule.",
        lhs=a * waiting(B - 1, m - 1) + (1 - a) * waiting(B, m - 1),
        rhs=waiting(B, m),
        where=WAIT,
        ranges=SOME,
    )
    first_slope, second_slope = (sympy.Subs(sympy.Derivative(G(z), z, order), z, 1) for order in (1, 2))
    variance = Identity(
        claim="The variance of the number of attempts is B(1 − a)/a².",
        reason="From the first two slopes at z = 1 of the generating function, whose first is the mean B/a.",
        lhs=second_slope + first_slope - first_slope**2,
        rhs=B * (1 - a) / a**2,
        where=GENERATING,
    )
    tilted, odds = sympy.Symbol("b", real=True), sympy.Symbol("v", positive=True)
    rejected = Identity(
        claim="The number i of attempts that are rejected is negative binomial.",
        reason="With m = B + i the two binomial coefficients are the same.",
        lhs=waiting(B, B + i),
        rhs=sympy.binomial(B + i - 1, i) * a**B * (1 - a) ** i,
        where=WAIT,
        ranges=SOME,
    )
    return Theorem(
        name="attempts-law",
        family="batches",
        title="How many attempts fill a batch",
        says="The attempts that fill a buffer are B and as many more as a negative binomial law with B and a says.",
        statement=(rejected.statement, variance.statement),
        assumptions=(
            "Attempts within a round are independent, each accepted with probability a; 0 < a < 1.",
            FULL,
            "The mean is that of the theorem on the attempts in a round.",
        ),
        reference="negative binomial waiting time (Feller 1968)",
        steps=(
            first,
            Identity(
                claim="It starts at the shortest wait.",
                reason="All of B attempts are accepted. With the recursion, and no attempt for no pair, that "
                "determines the law.",
                lhs=waiting(B, B),
                rhs=a**B,
                where=WAIT,
            ),
            rejected,
            Identity(
                claim="Its generating function is the B-th power of that of one wait.",
                reason="Each probability times z^m is G(z) times a probability of the same law with the rate "
                "b = 1 − (1 − a)z, for z below 1/(1 − a), and these sum to 1.",
                lhs=waiting(B, m) * z**m,
                rhs=G(z) * WAIT[waiting].expr.subs(a, tilted),
                where={**WAIT, **GENERATING, tilted: 1 - (1 - a) * z},
                ranges={z: (1 + odds) / (1 + sympy.Symbol("u", positive=True)), a: odds / (1 + odds)},
            ),
            variance,
            Inequality(
                claim="The attempts vary by less than their mean over the square root of B.",
                reason="The variance over the square of the mean is (1 − a)/B.",
                greater=(B / a) ** 2 / B,
                lesser=B * (1 - a) / a**2,
                ranges=SOME,
            ),
        ),
    )


@cache
def stopping_bias() -> Theorem:
    r"""$\mathbb{E}[B/A] > a$; the share of wrong attempts is off by $(c-r)(\mathbb{E}[B/A] - a)$."""
    bias = Identity(
        claim="The share of wrong answers among a round's attempts is off by c − r times what B/A is off on average.",
        reason="Given A, its mean is c for the share B/A of the attempts and r for the rest; with a in place of y that "
        "is ε, the law of total probability.",
        lhs=NAIVE - epsilon,
        rhs=(c - r) * (y - a),
        where=SHARES,
    )
    too_low = SameSign(
        claim="So it is too low on average exactly if f < t.",
        reason="Its mean with y = a + d and d > 0: the quotient of the two differences is dε(1 − ε)/(a(1 − a)), which "
        "is positive.",
        first=sympy.Lt(NAIVE, epsilon, evaluate=False),
        second=sympy.Lt(f, t, evaluate=False),
        where=SHARES,
        ranges={y: above(FILTER[a]), **INSIDE, t: share("u"), f: share("v")},
    )
    return Theorem(
        name="stopping-bias",
        family="batches",
        title="Stopping when the batch is full",
        says="A round stops at an acceptance, so on average B/A is too high for the share accepted, and with f < t the "
        "share of wrong answers among the attempts is too low, by less than ε(1 − ε)(t − f)/(B − 1); counts that are "
        "added up over rounds, and a round without its last attempt, are not biased so.",
        statement=(bias.statement, too_low.statement),
        assumptions=(
            f"{RATES}, 0 < f, t < 1.",
            INDEPENDENT,
            FULL,
            "A is the number of attempts, m a value of it, y the mean of B/A, r the wrong share of what is rejected; "
            "B ≥ 2 where B − 1 stands.",
        ),
        reference="Haldane (1945), On a method of estimating frequencies",
        steps=(*_inverse_binomial(), bias, *_how_wrong(), too_low, *_remedies()),
    )


def _inverse_binomial() -> tuple[Step, ...]:
    """B/A is too high, (B − 1)/(A − 1) is right."""
    longer = {m: B + 1 + i, **TWO_OR_MORE}
    return (
        Identity(
            claim="(B − 1)/(A − 1) is right on average: its mean is a.",
            reason="Times the probability of m attempts it is a times the probability that B − 1 pairs take m − 1, and "
            "these sum to 1.",
            lhs=(B - 1) / (m - 1) * waiting(B, m),
            rhs=a * waiting(B - 1, m - 1),
            where=WAIT,
            ranges=SOME,
        ),
        Identity(
            claim="B/A is too high on average, for every B: it is linear in A with the mean a, and a square more.",
            reason="Jensen's inequality for 1/A, written out at the mean B/a; the middle term has the mean 0.",
            lhs=B / m,
            rhs=a - a**2 / B * (m - B / a) + B / m * (1 - a * m / B) ** 2,
        ),
        Identity(
            claim="For B = 1 its mean has a closed form.",
            reason="The logarithmic series.",
            lhs=sympy.Sum(a * (1 - a) ** (m - 1) / m, (m, 1, sympy.oo)),
            rhs=a * sympy.log(1 / a) / (1 - a),
            ranges=SOME,
        ),
        Inequality(
            claim="For B ≥ 2 and A > B it exceeds (B − 1)/(A − 1) by less than this; for A = B both are 1.",
            reason="The difference is (m − B)/(m(m − 1)), and m exceeds m − 2, where m = B + 1 + i.",
            greater=(m - B) / ((m - 1) * (m - 2)),
            lesser=B / m - (B - 1) / (m - 1),
            ranges=longer,
        ),
        Identity(
            claim="And this has the mean a(1 − a)/(B − 1): B/A is too high by less.",
            reason="Times the probability of m > B attempts it is that factor times the probability that B − 1 pairs "
            "take m − 2, and these sum to 1.",
            lhs=(m - B) / ((m - 1) * (m - 2)) * waiting(B, m),
            rhs=a * (1 - a) / (B - 1) * waiting(B - 1, m - 2),
            where=WAIT,
            ranges=SOME,
        ),
    )


def _how_wrong() -> tuple[Step, ...]:
    """The size of the bias of the error."""
    part = share("w")
    accepted = FILTER[a]
    return (
        Identity(
            claim="What is rejected is wrong more often than what is accepted if f < t.",
            reason="On the common denominator a(1 − a) the numerators differ by ε(a − f), and a − f is (1 − ε)(t − f).",
            lhs=r - c,
            rhs=epsilon * (1 - epsilon) * (t - f) / (a * (1 - a)),
            where=SHARES,
        ),
        Inequality(
            claim="With f < t the share is too low by less than ε(1 − ε)(t − f)/(B − 1).",
            reason="With y between a and a + a(1 − a)/(B − 1), as shown above, and t = f + (1 − f)u, 0 < u < 1.",
            greater=epsilon * (1 - epsilon) * (t - f) / (B - 1),
            lesser=epsilon - NAIVE,
            where=SHARES,
            ranges={
                y: accepted + part * accepted * (1 - accepted) / (B - 1),
                **INSIDE,
                **TWO_OR_MORE,
                t: f + (1 - f) * share("u"),
                f: share("v"),
            },
        ),
    )


def _remedies() -> tuple[Step, ...]:
    """Two ways to count that are right on average."""
    return (
        Identity(
            claim="The mean number of wrong answers in a round is ε times the mean number of attempts, so counts added "
            "up over many rounds, as in a likelihood, give ε.",
            reason="Wald's identity: Bc wrong among the accepted, and r of the B/a − B that are rejected.",
            lhs=B * c + (B / a - B) * r,
            rhs=epsilon * B / a,
            where=SHARES,
        ),
        Identity(
            claim="Without its last attempt, which is always accepted, a round's share is right on average.",
            reason="The mean given A is then r + (c − r)(B − 1)/(A − 1), and (B − 1)/(A − 1) has the mean a.",
            lhs=r + (c - r) * a,
            rhs=epsilon,
            where=SHARES,
        ),
    )
