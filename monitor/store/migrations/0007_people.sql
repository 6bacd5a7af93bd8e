-- Who may sign in, their sessions and invitations, failed tries, and what was done: tokens are kept as hashes only.

CREATE TABLE people (
  uid INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  folded TEXT NOT NULL UNIQUE,  -- NFKC and case folded: no two people look alike
  role TEXT NOT NULL,
  password TEXT,  -- argon2id; NULL while invited, or where an identity provider signs in
  subject TEXT UNIQUE,  -- issuer|subject of the identity provider
  language TEXT,
  theme TEXT,
  made_at INTEGER NOT NULL,
  disabled_at INTEGER
);

CREATE TABLE sessions (
  sid INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,  -- sha256
  uid INTEGER NOT NULL REFERENCES people (uid),
  address TEXT NOT NULL,
  agent TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  ended_at INTEGER
);
CREATE INDEX sessions_person ON sessions (uid, address);

CREATE TABLE invitations (
  token TEXT NOT NULL PRIMARY KEY,  -- sha256
  uid INTEGER REFERENCES people (uid),  -- whose password is set anew; NULL for somebody new
  name TEXT,
  role TEXT NOT NULL,
  made_by TEXT,
  made_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  used_at INTEGER
);

CREATE TABLE sign_in_tries (
  what TEXT NOT NULL PRIMARY KEY,  -- account:…, address:…, pair:…
  failures INTEGER NOT NULL,
  last_at INTEGER NOT NULL
);

CREATE TABLE audit (  -- appended; each row's hash covers the one before it
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT,
  action TEXT NOT NULL,
  subject TEXT,
  detail TEXT NOT NULL,
  prior TEXT NOT NULL,
  hash TEXT NOT NULL
);
