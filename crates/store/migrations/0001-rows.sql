-- One table a kind of row. A key that a peer can claim freely (early place, note size) may exceed what an SQLite integer
-- holds, so it is eight bytes, most significant first. `chk` is the row's check (docs/spec/home.md).
CREATE TABLE book (
    number INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL,
    chk BLOB NOT NULL
) STRICT;

CREATE TABLE entry (
    line BLOB NOT NULL,
    author BLOB NOT NULL,
    generation INTEGER NOT NULL,
    place INTEGER NOT NULL,
    leaf BLOB NOT NULL,
    body BLOB NOT NULL,
    chk BLOB NOT NULL,
    UNIQUE (line, author, generation, place)
) STRICT;

CREATE TABLE early (
    line BLOB NOT NULL,
    author BLOB NOT NULL,
    generation INTEGER NOT NULL,
    place BLOB NOT NULL,
    leaf BLOB NOT NULL,
    body BLOB NOT NULL,
    chk BLOB NOT NULL,
    UNIQUE (line, author, generation, place)
) STRICT;

CREATE TABLE note (
    line BLOB NOT NULL,
    author BLOB NOT NULL,
    generation INTEGER NOT NULL,
    role INTEGER NOT NULL,
    size BLOB NOT NULL,
    bytes BLOB NOT NULL,
    chk BLOB NOT NULL,
    PRIMARY KEY (line, author, generation, role, size)
) STRICT, WITHOUT ROWID;

CREATE TABLE evidence (
    line BLOB NOT NULL,
    number INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    chk BLOB NOT NULL,
    UNIQUE (line, number)
) STRICT;
