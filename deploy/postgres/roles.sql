-- The two roles and the database, made once, before the first migration. The server that answers requests signs in as
-- homefront_app, which owns nothing: what it may do is what the migrations grant to its group, homefront_runtime.
-- Passwords are read from the environment, so that they appear in no command line.
\getenv owner_password HOMEFRONT_OWNER_PASSWORD
\getenv runtime_password HOMEFRONT_RUNTIME_PASSWORD

-- CREATEROLE: the first migration makes the group where it is missing, and PostgreSQL asks for the right before it looks.
CREATE ROLE homefront_owner LOGIN CREATEROLE NOSUPERUSER PASSWORD :'owner_password';
CREATE ROLE homefront_runtime NOLOGIN;
CREATE ROLE homefront_app LOGIN NOSUPERUSER PASSWORD :'runtime_password' IN ROLE homefront_runtime;

-- No request waits longer than this for a lock, or works longer than this.
ALTER ROLE homefront_app SET lock_timeout = '2s';
ALTER ROLE homefront_app SET statement_timeout = '5s';

CREATE DATABASE homefront OWNER homefront_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE homefront FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE homefront TO homefront_runtime;
