"""What is audited: one formula of multivariate statistics, E[SAS] for a Wishart matrix S = XᵀX."""

from foanil import Claim, Kind, Source

PAPER_TITLE, PAPER_SHA256 = "Haff, An identity for the Wishart distribution (1979)", "0" * 64

MOMENT = Claim(
    "wishart-second-moment",
    "Second moment of a Wishart matrix",
    "for S = XᵀX, rows of X standard normal",
    Kind.IDENTITY,
    Source.STATED,
    "The mean of $SAS$ for a fixed square matrix $A$.",
    r"\mathbb{E}[SAS] = m^2A + mA^{\top} + m\,\mathrm{Tr}(A)I",
    page="wishart",
)
REGISTRY = {MOMENT.id: MOMENT}
