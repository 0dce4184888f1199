"""The sql command: statements, files and piped input, and exit codes a script can rely on."""
import json


def test_a_pipe_of_statements_runs_each_and_fails_with_the_last_error(server):
    done = server.run("sql", check=False, input="select 1 as a; select 2 as b;\nselect broken")
    assert done.returncode == 1
    assert done.stdout == "a\n-\n1\nb\n-\n2\n"
    assert "broken" in done.stderr and "line 2:8" in done.stderr


def test_a_semicolon_inside_quotes_and_comments_ends_nothing(server, tmp_path):
    file = tmp_path / "statements.sql"
    file.write_text("select ';' as x -- not here; either\n; /* nor; here */ select 'it''s;' as y;\n")
    done = server.run("sql", "-f", file, "--output", "json")
    decoder, rows, text = json.JSONDecoder(), [], done.stdout.strip()
    while text:
        value, end = decoder.raw_decode(text)
        rows.append(value)
        text = text[end:].strip()
    assert rows == [[{"x": ";"}], [{"y": "it's;"}]]


def test_null_is_nothing_in_csv_and_null_in_json(server):
    statement = "select cast(null as varchar) as a, '' as b, 1 as c"
    assert server.run("sql", "--output", "csv", statement).stdout == 'a,b,c\n,"",1\n'
    assert json.loads(server.run("sql", "--output", "json", statement).stdout) == [{"a": None, "b": "", "c": 1}]


def test_a_missing_file_is_named(server, tmp_path):
    done = server.run("sql", "-f", tmp_path / "none.sql", check=False)
    assert done.returncode == 1 and str(tmp_path / "none.sql") in done.stderr
