"""A password hasher that records its work."""

from typing import Literal

from argon2 import PasswordHasher as Argon2
from argon2 import extract_parameters
from argon2.profiles import CHEAPEST


class CountingArgon2(Argon2):
    """The library's hasher, which records the parameters of each verification."""

    def __init__(self) -> None:
        params = CHEAPEST
        super().__init__(params.time_cost, params.memory_cost, params.parallelism)
        self.work: list[object] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.work.append(extract_parameters(str(hash)))
        return super().verify(hash, password)
