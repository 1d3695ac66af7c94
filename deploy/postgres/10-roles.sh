#!/bin/sh
# The two roles of MOVE, made once when the database server is initialised (by the postgres image, or by hand as
# its superuser): the owner migrates, the application serves and can neither change the schema nor step around
# row-level security. Passwords come from the environment.
set -eu

psql --set ON_ERROR_STOP=1 --no-psqlrc --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-move}" \
	--set database="${POSTGRES_DB:-move}" \
	--set owner_password="${MOVE_OWNER_PASSWORD:?}" \
	--set app_password="${MOVE_APP_PASSWORD:?}" <<-'SQL'
	CREATE ROLE move_owner LOGIN NOCREATEDB NOCREATEROLE NOSUPERUSER NOBYPASSRLS PASSWORD :'owner_password';
	CREATE ROLE move_app LOGIN NOCREATEDB NOCREATEROLE NOSUPERUSER NOBYPASSRLS PASSWORD :'app_password';
	ALTER DATABASE :"database" OWNER TO move_owner;
	REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
	GRANT CONNECT ON DATABASE :"database" TO move_app;
SQL
