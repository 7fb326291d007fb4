#!/bin/sh
# Once, when the database's folder is made: the login that owns the tables. The service makes its roles itself.
set -eu
password="$(cat /run/secrets/fleet_owner)"
psql -v ON_ERROR_STOP=1 -v password="$password" --username postgres <<'SQL'
CREATE ROLE fleet_owner LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE fleet OWNER fleet_owner;
\c fleet
CREATE EXTENSION IF NOT EXISTS timescaledb;
SQL
