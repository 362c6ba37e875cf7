# SPDX-License-Identifier: Apache-2.0
"""stevedoresctl against a database of its own in the stack's cluster."""
import os
import secrets

from psycopg2.extensions import make_dsn


class Cli:
    def __init__(self, stack, create=True):
        self.stack = stack
        self.database = f"cli_{secrets.token_hex(4)}"
        # One role for both, unlike the stack's own database.
        self.env = {"DATABASE_URL": make_dsn(stack.conninfo, dbname=self.database), "DATABASE_OWNER_URL": ""}
        if create:
            stack.psql(f"CREATE DATABASE {self.database} OWNER stevedores")

    def __call__(self, *args, status=0, stdin=None):
        """Runs a subcommand; returns what it printed."""
        program = os.path.join(self.stack.prefix, "bin/stevedoresctl")
        done = self.stack.run("env", *(f"{k}={v}" for k, v in self.env.items()), program, *args, check=False,
                              stdin=stdin)
        assert done.returncode == status, f"{args} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done

    def rows(self, sql, params=None):
        connection = self.stack.connect(user="stevedores", database=self.database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, params)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def file(self, name, text, encoding="utf-8"):
        """A file that the program may read."""
        path = os.path.join(self.stack.run_dir, f"{self.database}-{name}")
        with open(path, "w", encoding=encoding, newline="") as f:
            f.write(text)
        os.chmod(path, 0o644)
        return path
