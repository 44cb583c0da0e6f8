"""da Cunha et al. (ESA 2023): random subset sum by elementary means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.theory.bounds.catalogue import Rules, rules
from slth.theory.theorem import statements


@statements.register("dacunha2023esa")
@dataclass(frozen=True)
class DaCunha2023Esa:
    """Lueker's theorem, proved anew by following the set of targets that are reached."""

    key: ClassVar[str] = "dacunha2023esa"
    title: ClassVar[str] = "Revisiting the Random Subset Sum Problem"
    citation: ClassVar[str] = """@inproceedings{dacunha2023esa,
  title     = {Revisiting the Random Subset Sum Problem},
  author    = {da Cunha, Arthur Carvalho Walraven and d'Amore, Francesco and Giroire, Fr\\'ed\\'eric and
               Lesfari, Hicham and Natale, Emanuele and Viennot, Laurent},
  booktitle = {European Symposium on Algorithms},
  year      = {2023},
  note      = {arXiv:2204.13929}
}"""
    bounds: ClassVar[Rules] = rules("dacunha2023esa")
    statement: ClassVar[str] = (
        "In our words; the abstract has the order, the rest is from memory: there are constants C and kappa with "
        "which, for eps < 1/3 and n >= C log(1/eps) uniform numbers on [-1, 1], some subset adds up to within 2 eps of "
        "each target in [-1/2, 1/2] at once, with probability at least 1 - 2 exp(-(n - C log(1/eps))^2 / (kappa n)). C "
        "and kappa are not given. Its idea, the expected growth of the set that is reached, is what slth's certified "
        "bound is made of; the potential 1/v - 1 and all constants of that bound are ours."
    )
