"""How passwords are hashed: Argon2id with the memory that a sign-in can afford on a small machine."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class PasswordHasher(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes and one lane: the least that OWASP's cheat sheet of password storage accepts.

    Django's default takes 100 MiB and eight lanes for every sign-in, with which a few dozen people who sign in at
    eight in the morning would occupy the machine.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
