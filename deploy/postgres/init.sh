#!/bin/sh
# Makes the role and the database of frontdesk in a new server; the official images
# run it once. By hand, as a superuser: FRONTDESK_DB_PASSWORD=… sh init.sh
#
# frontdesk owns the tables and brings them up to date. It serves as frontdesk_app,
# which owns nothing and is held behind row-level security. pgvector needs a
# superuser, so it is switched on here.
set -eu
psql -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    -v password="$FRONTDESK_DB_PASSWORD" <<'SQL'
CREATE ROLE frontdesk_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
CREATE ROLE frontdesk LOGIN PASSWORD :'password' NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
GRANT frontdesk_app TO frontdesk;
CREATE DATABASE frontdesk OWNER frontdesk ENCODING 'UTF8' TEMPLATE template0;
\connect frontdesk
CREATE EXTENSION vector;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO frontdesk;
GRANT USAGE ON SCHEMA public TO frontdesk_app;
SQL
