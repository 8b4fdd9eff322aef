-- What platform_meta held with migrations 1 to 8, after some days of use. Made by that version and pg_dump; the
-- master key and what the secrets are is in platform_8.json. It is what happened: nobody edits it.

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE SCHEMA platform_meta;

CREATE FUNCTION platform_meta.announce() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  perform pg_notify('platform_meta', tg_argv[0] || ':' || case when tg_op = 'DELETE' then old.id else new.id end);
  return null;
end
$$;

CREATE FUNCTION platform_meta.announce_document() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  perform pg_notify('platform_meta', 'document:' || case when tg_op = 'DELETE' then old.tenant_id else new.tenant_id end);
  return null;
end
$$;

CREATE FUNCTION platform_meta.announce_mongo_login() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  perform pg_notify('platform_meta', 'tenant:' || new.tenant_id);
  return null;
end
$$;

CREATE FUNCTION platform_meta.touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  new.updated_at := now();
  return new;
end
$$;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE platform_meta.api_keys (
    id uuid NOT NULL,
    tenant_id uuid,
    role text NOT NULL,
    prefix text NOT NULL,
    sha256 bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    revoked_at timestamp with time zone,
    documents_only boolean DEFAULT false NOT NULL,
    CONSTRAINT api_keys_check CHECK (((role = 'admin'::text) = (tenant_id IS NULL))),
    CONSTRAINT api_keys_role_check CHECK ((role = ANY (ARRAY['anon'::text, 'service_role'::text, 'admin'::text])))
);

COMMENT ON COLUMN platform_meta.api_keys.documents_only IS 'The key runs stored GraphQL documents and opens nothing else.';

CREATE TABLE platform_meta.audit_log (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    tenant text,
    target text,
    outcome text NOT NULL,
    details jsonb DEFAULT '{}'::jsonb NOT NULL
);

ALTER TABLE platform_meta.audit_log ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME platform_meta.audit_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE platform_meta.clusters (
    id uuid NOT NULL,
    tenant_id uuid,
    engine text NOT NULL,
    runtime text DEFAULT 'local'::text NOT NULL,
    version text NOT NULL,
    host text DEFAULT '127.0.0.1'::text NOT NULL,
    port integer DEFAULT 0 NOT NULL,
    data_dir text NOT NULL,
    state text DEFAULT 'sleeping'::text NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    superuser text NOT NULL,
    superuser_secret text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT clusters_state_check CHECK ((state = ANY (ARRAY['running'::text, 'sleeping'::text, 'failed'::text])))
);

COMMENT ON COLUMN platform_meta.clusters.port IS '0: it has never been started.';

COMMENT ON COLUMN platform_meta.clusters.data_dir IS 'Relative to the data folder''s clusters.';

CREATE TABLE platform_meta.feeds (
    database_id uuid NOT NULL,
    epoch bigint NOT NULL,
    log text DEFAULT ''::text NOT NULL
);

COMMENT ON COLUMN platform_meta.feeds.epoch IS 'Moves with each new log of changes; never used twice, also for a name''s next database.';

COMMENT ON COLUMN platform_meta.feeds.log IS 'Which log the epoch is of, as the engine tells its logs.';

CREATE TABLE platform_meta.graphql_documents (
    tenant_id uuid NOT NULL,
    sha256 text NOT NULL,
    document text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT graphql_documents_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text))
);

CREATE TABLE platform_meta.jwt_secrets (
    tenant_id uuid NOT NULL,
    kid text NOT NULL,
    secret text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE platform_meta.mongo_logins (
    tenant_id uuid NOT NULL,
    secret text NOT NULL
);

CREATE TABLE platform_meta.plans (
    name text NOT NULL,
    max_connections integer NOT NULL,
    max_storage_gb integer NOT NULL,
    statement_timeout_ms integer NOT NULL,
    idle_stop_seconds integer,
    realtime_connections integer DEFAULT 1000 NOT NULL,
    realtime_channels integer DEFAULT 100 NOT NULL,
    realtime_joins_per_second integer DEFAULT 100 NOT NULL,
    realtime_messages_per_second integer DEFAULT 500 NOT NULL,
    realtime_payload_bytes integer DEFAULT 1048576 NOT NULL,
    CONSTRAINT plans_idle_stop_seconds_check CHECK ((idle_stop_seconds > 0)),
    CONSTRAINT plans_max_connections_check CHECK ((max_connections > 0)),
    CONSTRAINT plans_max_storage_gb_check CHECK ((max_storage_gb > 0)),
    CONSTRAINT plans_realtime_channels_check CHECK ((realtime_channels > 0)),
    CONSTRAINT plans_realtime_connections_check CHECK ((realtime_connections > 0)),
    CONSTRAINT plans_realtime_joins_per_second_check CHECK ((realtime_joins_per_second > 0)),
    CONSTRAINT plans_realtime_messages_per_second_check CHECK ((realtime_messages_per_second > 0)),
    CONSTRAINT plans_realtime_payload_bytes_check CHECK ((realtime_payload_bytes >= 1024)),
    CONSTRAINT plans_statement_timeout_ms_check CHECK ((statement_timeout_ms >= 0))
);

COMMENT ON COLUMN platform_meta.plans.realtime_connections IS 'Of a tenant, per server process, like the rates.';

COMMENT ON COLUMN platform_meta.plans.realtime_channels IS 'Of one connection.';

CREATE TABLE platform_meta.query_history (
    person bytea NOT NULL,
    id uuid NOT NULL,
    database_id uuid NOT NULL,
    text text NOT NULL,
    bytes integer GENERATED ALWAYS AS (octet_length(text)) STORED NOT NULL,
    at timestamp with time zone NOT NULL,
    duration_ms double precision NOT NULL,
    rows bigint,
    error text
);

COMMENT ON COLUMN platform_meta.query_history.person IS 'SHA-256 of who it was: a name of any length, or the id of a key.';

COMMENT ON COLUMN platform_meta.query_history.id IS 'Of version 7 (RFC 9562): later entries have greater ones, and none tells how many others there are.';

COMMENT ON COLUMN platform_meta.query_history.error IS 'Its code: messages quote values.';

CREATE TABLE platform_meta.tenant_databases (
    id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    database_name text NOT NULL,
    physical_name text NOT NULL,
    database_owner text DEFAULT ''::text NOT NULL,
    engine text NOT NULL,
    cluster uuid NOT NULL,
    connection_info jsonb DEFAULT '{}'::jsonb NOT NULL,
    exposure text DEFAULT 'policies'::text NOT NULL,
    is_default boolean DEFAULT false NOT NULL,
    status text DEFAULT 'creating'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT tenant_databases_exposure_check CHECK ((exposure = ANY (ARRAY['policies'::text, 'all'::text]))),
    CONSTRAINT tenant_databases_status_check CHECK ((status = ANY (ARRAY['creating'::text, 'ready'::text, 'dropping'::text])))
);

COMMENT ON COLUMN platform_meta.tenant_databases.connection_info IS 'login → {username, secret}; secrets are encrypted.';

CREATE TABLE platform_meta.tenants (
    id uuid NOT NULL,
    name text NOT NULL,
    subdomain text NOT NULL,
    plan_type text DEFAULT 'free'::text NOT NULL,
    max_connections integer DEFAULT 100 NOT NULL,
    max_storage_gb integer DEFAULT 10 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    cors_origins text[] DEFAULT '{*}'::text[] NOT NULL,
    graphql_introspection boolean DEFAULT true NOT NULL
);

COMMENT ON COLUMN platform_meta.tenants.cors_origins IS 'Whose pages may read the tenant''s data in a browser; * is everybody.';

COMMENT ON COLUMN platform_meta.tenants.graphql_introspection IS 'Whether others than secret keys may ask a GraphQL schema about itself.';

CREATE TABLE public.schema_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

INSERT INTO platform_meta.api_keys (id, tenant_id, role, prefix, sha256, created_at, revoked_at, documents_only) VALUES ('98904e24-749f-4a11-9edf-b605efcdf7d1', '4915b26b-4328-44d7-9566-b6c6208fc4e7', 'anon', 'dbk_p_tkXxbU', '\xfff1933a4e9c755536a138d77b17941fdae3f4d303d1a6a0100817dd5bc38af5', '2026-11-23 17:02:20.637977+00', NULL, false);
INSERT INTO platform_meta.api_keys (id, tenant_id, role, prefix, sha256, created_at, revoked_at, documents_only) VALUES ('a157acd5-b0a1-4e1d-9957-81d680ab7b63', '4915b26b-4328-44d7-9566-b6c6208fc4e7', 'service_role', 'dbk_s_7CCDNX', '\x1261dcd83af37b46a3b2922c7af61ec1f13e1dddd054967d82cb48f1cfe9efb8', '2026-11-23 17:02:20.764234+00', NULL, false);
INSERT INTO platform_meta.api_keys (id, tenant_id, role, prefix, sha256, created_at, revoked_at, documents_only) VALUES ('728409f9-22ef-4b7d-b289-4ad3e00d74de', NULL, 'admin', 'dbk_a_3mDYwg', '\x36ed49f3f008d46e4ee4c2413ff8975b19dde113e21fc9e4176379fb8d6d9a65', '2026-11-23 17:02:20.878515+00', NULL, false);
INSERT INTO platform_meta.api_keys (id, tenant_id, role, prefix, sha256, created_at, revoked_at, documents_only) VALUES ('20c4988c-fc91-44dc-a9b7-1177cf519111', '4915b26b-4328-44d7-9566-b6c6208fc4e7', 'anon', 'dbk_p_naGHpa', '\xbbb4befb9ca3545592515de6f21daa0efb200ec70cf40af2e6edda80aa96a746', '2026-11-23 17:02:20.839379+00', '2026-11-23 17:02:20.962406+00', true);

INSERT INTO platform_meta.audit_log (id, at, actor, action, tenant, target, outcome, details) OVERRIDING SYSTEM VALUE VALUES (1, '2026-11-23 17:02:02.080058+00', 'local:1000', 'create_tenant', 'acme', 'Acme Trading', 'ok', '{"plan": "free"}');
INSERT INTO platform_meta.audit_log (id, at, actor, action, tenant, target, outcome, details) OVERRIDING SYSTEM VALUE VALUES (2, '2026-11-23 17:02:02.11995+00', 'local:1000', 'create_tenant', 'zoo', 'Zoo & Söhne', 'ok', '{"plan": "team"}');
INSERT INTO platform_meta.audit_log (id, at, actor, action, tenant, target, outcome, details) OVERRIDING SYSTEM VALUE VALUES (3, '2026-11-23 17:02:09.087983+00', 'local:1000', 'create_database', 'acme', 'shop', 'ok', '{"engine": "postgres"}');
INSERT INTO platform_meta.audit_log (id, at, actor, action, tenant, target, outcome, details) OVERRIDING SYSTEM VALUE VALUES (4, '2026-11-23 17:02:10.378687+00', 'local:1000', 'create_database', 'acme', 'Büro "2"', 'ok', '{"engine": "postgres", "expose": "all"}');
INSERT INTO platform_meta.audit_log (id, at, actor, action, tenant, target, outcome, details) OVERRIDING SYSTEM VALUE VALUES (5, '2026-11-23 17:02:15.484445+00', 'local:1000', 'create_database', 'acme', 'notes', 'ok', '{"engine": "document"}');
INSERT INTO platform_meta.audit_log (id, at, actor, action, tenant, target, outcome, details) OVERRIDING SYSTEM VALUE VALUES (6, '2026-11-23 17:02:20.428058+00', 'local:1000', 'create_database', 'zoo', 'animals', 'ok', '{"engine": "postgres"}');
INSERT INTO platform_meta.audit_log (id, at, actor, action, tenant, target, outcome, details) OVERRIDING SYSTEM VALUE VALUES (7, '2026-11-23 17:02:20.607047+00', 'local:1000', 'update_tenant', 'acme', NULL, 'ok', '{"cors_origins": "https://app.example", "graphql_introspection": "false"}');
INSERT INTO platform_meta.audit_log (id, at, actor, action, tenant, target, outcome, details) OVERRIDING SYSTEM VALUE VALUES (8, '2026-11-23 17:02:20.67674+00', 'local:1000', 'create_key', 'acme', 'anon', 'ok', '{}');
INSERT INTO platform_meta.audit_log (id, at, actor, action, tenant, target, outcome, details) OVERRIDING SYSTEM VALUE VALUES (9, '2026-11-23 17:02:20.814022+00', 'cli:ann', 'create_key', 'acme', 'service_role', 'ok', '{}');
INSERT INTO platform_meta.audit_log (id, at, actor, action, tenant, target, outcome, details) OVERRIDING SYSTEM VALUE VALUES (10, '2026-11-23 17:02:20.852513+00', 'local:1000', 'create_key', 'acme', 'anon', 'ok', '{}');
INSERT INTO platform_meta.audit_log (id, at, actor, action, tenant, target, outcome, details) OVERRIDING SYSTEM VALUE VALUES (11, '2026-11-23 17:02:20.914451+00', 'cli:ann', 'create_key', NULL, 'admin', 'ok', '{}');
INSERT INTO platform_meta.audit_log (id, at, actor, action, tenant, target, outcome, details) OVERRIDING SYSTEM VALUE VALUES (12, '2026-11-23 17:02:20.977289+00', 'local:1000', 'revoke_key', 'acme', '20c4988c-fc91-44dc-a9b7-1177cf519111', 'ok', '{}');
INSERT INTO platform_meta.audit_log (id, at, actor, action, tenant, target, outcome, details) OVERRIDING SYSTEM VALUE VALUES (13, '2026-11-23 17:02:21.06245+00', 'local:1000', 'put_document', 'acme', 'aa5398e68985250937327ae9016815257020baeb101cea3bffe334fc9a1c4eea', 'ok', '{}');
INSERT INTO platform_meta.audit_log (id, at, actor, action, tenant, target, outcome, details) OVERRIDING SYSTEM VALUE VALUES (14, '2026-11-23 17:02:21.63528+00', 'cli:ann', 'rotate', 'acme', 'shop', 'ok', '{}');
INSERT INTO platform_meta.audit_log (id, at, actor, action, tenant, target, outcome, details) OVERRIDING SYSTEM VALUE VALUES (15, '2026-11-23 17:02:21.808471+00', 'local:1000', 'create_tenant', 'acme', 'Acme', 'tenant_exists', '{"plan": "free"}');

INSERT INTO platform_meta.clusters (id, tenant_id, engine, runtime, version, host, port, data_dir, state, settings, superuser, superuser_secret, created_at, updated_at) VALUES ('bb32568d-f20e-4b61-a077-d83069f9973d', '4915b26b-4328-44d7-9566-b6c6208fc4e7', 'postgres', 'local', '18', '127.0.0.1', 26389, '4915b26b-4328-44d7-9566-b6c6208fc4e7-postgres', 'sleeping', '{"origin": "wheel"}', 'dbaas', 'ATvsgVPFyqvyzA5HxPHK04oK4iubvny1Yl9iEEKojFz94MovEd8b_lqW3eFwry2EPM7VeMmKMrg9e610iw==', '2026-11-23 17:02:02.183248+00', '2026-11-23 17:02:22.42258+00');
INSERT INTO platform_meta.clusters (id, tenant_id, engine, runtime, version, host, port, data_dir, state, settings, superuser, superuser_secret, created_at, updated_at) VALUES ('5c8fcf62-966e-4218-b466-2d5f3b949f02', '4915b26b-4328-44d7-9566-b6c6208fc4e7', 'document', 'local', '18', '127.0.0.1', 21406, '4915b26b-4328-44d7-9566-b6c6208fc4e7-document', 'sleeping', '{"origin": "wheel"}', 'dbaas', 'AUT2xQnX661INdGuRAULVr_6cTt8pZIORvf4WsIyn5gYMBONVlQhPujSgJAWfYRvOI1-RGH48sQ5Q5buvw==', '2026-11-23 17:02:10.475996+00', '2026-11-23 17:02:22.42258+00');
INSERT INTO platform_meta.clusters (id, tenant_id, engine, runtime, version, host, port, data_dir, state, settings, superuser, superuser_secret, created_at, updated_at) VALUES ('29a89493-7b56-4700-b620-238f762079fb', 'f5f164c7-c2ac-48b3-a3b1-fa323ed14e49', 'postgres', 'local', '18', '127.0.0.1', 22942, 'f5f164c7-c2ac-48b3-a3b1-fa323ed14e49-postgres', 'sleeping', '{"origin": "wheel"}', 'dbaas', 'AbLsfXRIA8MXnf-xSpggPb8kl3vJ5FBvIE3FWBBTHL6cia_idcOXUpRUNz6UvnkLOo9PuAlEczNZ3jZ5rQ==', '2026-11-23 17:02:15.598695+00', '2026-11-23 17:02:22.42258+00');

INSERT INTO platform_meta.feeds (database_id, epoch, log) VALUES ('594ef5b6-0133-4d03-a46b-cb9fed10937f', 1795453341, '7351/16400/dbaas');

INSERT INTO platform_meta.graphql_documents (tenant_id, sha256, document, created_at) VALUES ('4915b26b-4328-44d7-9566-b6c6208fc4e7', 'aa5398e68985250937327ae9016815257020baeb101cea3bffe334fc9a1c4eea', 'query items { find_item { id } }', '2026-11-23 17:02:21.025592+00');

INSERT INTO platform_meta.jwt_secrets (tenant_id, kid, secret, created_at) VALUES ('4915b26b-4328-44d7-9566-b6c6208fc4e7', '30b3fb94d8dbab98', 'Ae5Wj1KHoPjbrByUsHBgDlUAXUEZtHX3auU-vy46QTo7QMaJ0gljYObcszAKXVhdhtBruNB2QGBSpFmNGaZvNAMLVwcmZsv2lFjGDwT5dz6FOKC0vNvVgASLPrXp', '2026-11-23 17:02:02.030025+00');
INSERT INTO platform_meta.jwt_secrets (tenant_id, kid, secret, created_at) VALUES ('f5f164c7-c2ac-48b3-a3b1-fa323ed14e49', '3d3c673d005a6a5c', 'ARe2uyrLzAciGlMHxXtEqGwbpiv_B8x_rMHesBRj8g8EZh93kpcwKZEdcMwMGJvPUnT2dUOYm_Z6zklzbPX_DpwIDsd31aC2bJftt4w6lbPnWnygUlh_lTn3mMlM', '2026-11-23 17:02:02.102818+00');

INSERT INTO platform_meta.mongo_logins (tenant_id, secret) VALUES ('4915b26b-4328-44d7-9566-b6c6208fc4e7', 'AQz2uuMJLFgNvpX2LM5ZqehbM8WBp2GRLsYw5NP9XRj67xtIRMYmT1q5rPOv_Me34teXtiw=');

INSERT INTO platform_meta.plans (name, max_connections, max_storage_gb, statement_timeout_ms, idle_stop_seconds, realtime_connections, realtime_channels, realtime_joins_per_second, realtime_messages_per_second, realtime_payload_bytes) VALUES ('team', 200, 50, 60000, NULL, 10000, 200, 500, 2000, 3145728);
INSERT INTO platform_meta.plans (name, max_connections, max_storage_gb, statement_timeout_ms, idle_stop_seconds, realtime_connections, realtime_channels, realtime_joins_per_second, realtime_messages_per_second, realtime_payload_bytes) VALUES ('pro', 400, 500, 120000, NULL, 50000, 500, 2500, 10000, 5242880);
INSERT INTO platform_meta.plans (name, max_connections, max_storage_gb, statement_timeout_ms, idle_stop_seconds, realtime_connections, realtime_channels, realtime_joins_per_second, realtime_messages_per_second, realtime_payload_bytes) VALUES ('free', 100, 10, 30000, 900, 1000, 100, 100, 500, 1048576);

INSERT INTO platform_meta.query_history (person, id, database_id, text, at, duration_ms, rows, error) VALUES ('\xa5925348652faa24c7217c28e80962ada56e712576604364a21251e41b655f1f', '01999999-0000-7000-8000-000000000001', '594ef5b6-0133-4d03-a46b-cb9fed10937f', 'select * from item where name = ''it''''s''', '2026-11-20 10:00:00+00', 12.5, 3, NULL);
INSERT INTO platform_meta.query_history (person, id, database_id, text, at, duration_ms, rows, error) VALUES ('\xa5925348652faa24c7217c28e80962ada56e712576604364a21251e41b655f1f', '01999999-0000-7000-8000-000000000002', '594ef5b6-0133-4d03-a46b-cb9fed10937f', 'select 1/0', '2026-11-20 10:01:00+00', 1.25, NULL, '22012');

INSERT INTO platform_meta.tenant_databases (id, tenant_id, database_name, physical_name, database_owner, engine, cluster, connection_info, exposure, is_default, status, created_at, updated_at) VALUES ('77c5e1ff-0dfc-4b7d-a642-440c345a8320', '4915b26b-4328-44d7-9566-b6c6208fc4e7', 'Büro "2"', 'Büro "2"', 'o_7v5lhr3vd4bx', 'postgres', 'bb32568d-f20e-4b61-a077-d83069f9973d', '{"api": {"secret": "AU2qlAfUO2qS0UNgsLss96QViO9Drw9gfQlzhocT7HNtUz7naMhU4wGGxLokZ4zSZZSMW1A=", "username": "a_nktutjsf7bad"}, "owner": {"secret": "AZ8zVXA-1SjkQFH_GP7k5cighNomL2xerFIgz6KTKg-HKzLfHpGurCz3bMvXwu-J772-ggc=", "username": "o_7v5lhr3vd4bx"}, "service": {"secret": "AWpq2_GfBz5gjAkgl8e5CeQIapVfwNna7tLI2s4sArPSvoEOmnbjaxzgNRv93u8GL3-g7gU=", "username": "s_ri5qqfrxi332"}}', 'all', false, 'ready', '2026-11-23 17:02:09.201828+00', '2026-11-23 17:02:10.35033+00');
INSERT INTO platform_meta.tenant_databases (id, tenant_id, database_name, physical_name, database_owner, engine, cluster, connection_info, exposure, is_default, status, created_at, updated_at) VALUES ('9ab849bb-3922-4c9b-a5d3-a87be1a7ce4e', '4915b26b-4328-44d7-9566-b6c6208fc4e7', 'notes', 'notes', 'acme.notes', 'document', '5c8fcf62-966e-4218-b466-2d5f3b949f02', '{"owner": {"secret": "Aadm4MrF5VfjRBcmeuwbMNLV90pSUPy4anIiouuKZqwq93cjlnxDENaTllFEOwPooEvt5Lg=", "username": "acme.notes"}, "service": {"secret": "AbK-j-D58blLALGcBuK79vWTBjrsY5zIQxXfSuQ73fdVYrEMsQpzVesquo1Kp5-ke77mf5M=", "username": "s_n4ehzd2glvyu"}}', 'policies', false, 'ready', '2026-11-23 17:02:10.497806+00', '2026-11-23 17:02:15.455076+00');
INSERT INTO platform_meta.tenant_databases (id, tenant_id, database_name, physical_name, database_owner, engine, cluster, connection_info, exposure, is_default, status, created_at, updated_at) VALUES ('a1a9bb69-341d-4c74-97c1-7afcf51ce9b0', 'f5f164c7-c2ac-48b3-a3b1-fa323ed14e49', 'animals', 'animals', 'o_cikk7t3d4wev', 'postgres', '29a89493-7b56-4700-b620-238f762079fb', '{"api": {"secret": "AbtRhGyzj2VnIk5W-Fuw4scRjo0vFLEaeT1DlVTG0bBH6nXwPVhTzvrlGkbr2NEMO7rAi_E=", "username": "a_x2cx7bvfmxcb"}, "owner": {"secret": "AW13gWQpoEE1z6D7CKbq-lJdbXqSzncQT8NigVrD1pjkNV2bSBPoGKpVMz7YfHtfEHS6rrU=", "username": "o_cikk7t3d4wev"}, "service": {"secret": "AXn6fbPapuxGriEdEepFcv5P2krg3LA3-UQQHYlE-ILva-0SZn6-AL1bCyI-mPqeAtz1k6Q=", "username": "s_4vmcfslastv3"}}', 'policies', true, 'ready', '2026-11-23 17:02:15.630999+00', '2026-11-23 17:02:20.385864+00');
INSERT INTO platform_meta.tenant_databases (id, tenant_id, database_name, physical_name, database_owner, engine, cluster, connection_info, exposure, is_default, status, created_at, updated_at) VALUES ('594ef5b6-0133-4d03-a46b-cb9fed10937f', '4915b26b-4328-44d7-9566-b6c6208fc4e7', 'shop', 'shop', 'o_xwdc6lm73ari', 'postgres', 'bb32568d-f20e-4b61-a077-d83069f9973d', '{"api": {"secret": "AXsN66tGNRBYZeyZ6s87BHgneQHItaS-_gxWF-kFUd0LLPY4JpveOfyFq58GcSs4jXVh87c=", "username": "a_gp52fa3dlyjf"}, "owner": {"secret": "AXslTsDP-IL9Y9sl0VhqJrJcX0C-3zhsufqAoud4ny6-LHpywt5CjuxH29mAok5AxJtLVwY=", "username": "o_xwdc6lm73ari"}, "service": {"secret": "AbXYkGOGvGS4QtyUEaXcmroB8es1vm9x7gpKAxN1OiPhlcXIQaAtVwURYX-p_Di7ptzqp1g=", "username": "s_6wxav7iac6kg"}}', 'policies', true, 'ready', '2026-11-23 17:02:02.198644+00', '2026-11-23 17:02:21.569927+00');

INSERT INTO platform_meta.tenants (id, name, subdomain, plan_type, max_connections, max_storage_gb, created_at, updated_at, cors_origins, graphql_introspection) VALUES ('f5f164c7-c2ac-48b3-a3b1-fa323ed14e49', 'Zoo & Söhne', 'zoo', 'team', 200, 50, '2026-11-23 17:02:02.102818+00', '2026-11-23 17:02:02.102818+00', '{*}', true);
INSERT INTO platform_meta.tenants (id, name, subdomain, plan_type, max_connections, max_storage_gb, created_at, updated_at, cors_origins, graphql_introspection) VALUES ('4915b26b-4328-44d7-9566-b6c6208fc4e7', 'Acme Trading', 'acme', 'free', 100, 10, '2026-11-23 17:02:02.030025+00', '2026-11-23 17:02:20.576216+00', '{https://app.example}', false);

INSERT INTO public.schema_migrations (version, name, applied_at) VALUES (1, 'initial', '2026-11-23 17:02:01.588737+00');
INSERT INTO public.schema_migrations (version, name, applied_at) VALUES (2, 'cors_origins', '2026-11-23 17:02:01.733339+00');
INSERT INTO public.schema_migrations (version, name, applied_at) VALUES (3, 'graphql', '2026-11-23 17:02:01.750548+00');
INSERT INTO public.schema_migrations (version, name, applied_at) VALUES (4, 'feeds', '2026-11-23 17:02:01.787732+00');
INSERT INTO public.schema_migrations (version, name, applied_at) VALUES (5, 'realtime_limits', '2026-11-23 17:02:01.80669+00');
INSERT INTO public.schema_migrations (version, name, applied_at) VALUES (6, 'feed_logs', '2026-11-23 17:02:01.8424+00');
INSERT INTO public.schema_migrations (version, name, applied_at) VALUES (7, 'mongo_logins', '2026-11-23 17:02:01.858873+00');
INSERT INTO public.schema_migrations (version, name, applied_at) VALUES (8, 'query_history', '2026-11-23 17:02:01.889258+00');

SELECT pg_catalog.setval('platform_meta.audit_log_id_seq', 15, true);

ALTER TABLE ONLY platform_meta.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY platform_meta.api_keys
    ADD CONSTRAINT api_keys_sha256_key UNIQUE (sha256);

ALTER TABLE ONLY platform_meta.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (id);

ALTER TABLE ONLY platform_meta.clusters
    ADD CONSTRAINT clusters_pkey PRIMARY KEY (id);

ALTER TABLE ONLY platform_meta.clusters
    ADD CONSTRAINT clusters_tenant_id_engine_key UNIQUE (tenant_id, engine);

ALTER TABLE ONLY platform_meta.feeds
    ADD CONSTRAINT feeds_pkey PRIMARY KEY (database_id);

ALTER TABLE ONLY platform_meta.graphql_documents
    ADD CONSTRAINT graphql_documents_pkey PRIMARY KEY (tenant_id, sha256);

ALTER TABLE ONLY platform_meta.jwt_secrets
    ADD CONSTRAINT jwt_secrets_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY platform_meta.mongo_logins
    ADD CONSTRAINT mongo_logins_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY platform_meta.plans
    ADD CONSTRAINT plans_pkey PRIMARY KEY (name);

ALTER TABLE ONLY platform_meta.query_history
    ADD CONSTRAINT query_history_pkey PRIMARY KEY (person, id) INCLUDE (bytes);

ALTER TABLE ONLY platform_meta.tenant_databases
    ADD CONSTRAINT tenant_databases_cluster_physical_name_key UNIQUE (cluster, physical_name);

ALTER TABLE ONLY platform_meta.tenant_databases
    ADD CONSTRAINT tenant_databases_pkey PRIMARY KEY (id);

ALTER TABLE ONLY platform_meta.tenant_databases
    ADD CONSTRAINT tenant_databases_tenant_id_database_name_key UNIQUE (tenant_id, database_name);

ALTER TABLE ONLY platform_meta.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (id);

ALTER TABLE ONLY platform_meta.tenants
    ADD CONSTRAINT tenants_subdomain_key UNIQUE (subdomain);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);

CREATE INDEX api_keys_tenant ON platform_meta.api_keys USING btree (tenant_id);

CREATE INDEX audit_log_tenant ON platform_meta.audit_log USING btree (tenant, id);

CREATE INDEX query_history_database ON platform_meta.query_history USING btree (database_id, person, id);

CREATE UNIQUE INDEX tenant_databases_default ON platform_meta.tenant_databases USING btree (tenant_id) WHERE is_default;

CREATE TRIGGER announce AFTER INSERT OR DELETE OR UPDATE ON platform_meta.api_keys FOR EACH ROW EXECUTE FUNCTION platform_meta.announce('key');

CREATE TRIGGER announce AFTER INSERT OR DELETE OR UPDATE ON platform_meta.graphql_documents FOR EACH ROW EXECUTE FUNCTION platform_meta.announce_document();

CREATE TRIGGER announce AFTER UPDATE ON platform_meta.mongo_logins FOR EACH ROW EXECUTE FUNCTION platform_meta.announce_mongo_login();

CREATE TRIGGER announce AFTER INSERT OR DELETE OR UPDATE ON platform_meta.tenant_databases FOR EACH ROW EXECUTE FUNCTION platform_meta.announce('database');

CREATE TRIGGER announce AFTER INSERT OR DELETE OR UPDATE ON platform_meta.tenants FOR EACH ROW EXECUTE FUNCTION platform_meta.announce('tenant');

CREATE TRIGGER touch BEFORE UPDATE ON platform_meta.clusters FOR EACH ROW EXECUTE FUNCTION platform_meta.touch();

CREATE TRIGGER touch BEFORE UPDATE ON platform_meta.tenant_databases FOR EACH ROW EXECUTE FUNCTION platform_meta.touch();

CREATE TRIGGER touch BEFORE UPDATE ON platform_meta.tenants FOR EACH ROW EXECUTE FUNCTION platform_meta.touch();

ALTER TABLE ONLY platform_meta.api_keys
    ADD CONSTRAINT api_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES platform_meta.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY platform_meta.clusters
    ADD CONSTRAINT clusters_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES platform_meta.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY platform_meta.feeds
    ADD CONSTRAINT feeds_database_id_fkey FOREIGN KEY (database_id) REFERENCES platform_meta.tenant_databases(id) ON DELETE CASCADE;

ALTER TABLE ONLY platform_meta.graphql_documents
    ADD CONSTRAINT graphql_documents_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES platform_meta.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY platform_meta.jwt_secrets
    ADD CONSTRAINT jwt_secrets_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES platform_meta.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY platform_meta.mongo_logins
    ADD CONSTRAINT mongo_logins_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES platform_meta.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY platform_meta.query_history
    ADD CONSTRAINT query_history_database_id_fkey FOREIGN KEY (database_id) REFERENCES platform_meta.tenant_databases(id) ON DELETE CASCADE;

ALTER TABLE ONLY platform_meta.tenant_databases
    ADD CONSTRAINT tenant_databases_cluster_fkey FOREIGN KEY (cluster) REFERENCES platform_meta.clusters(id) ON DELETE CASCADE;

ALTER TABLE ONLY platform_meta.tenant_databases
    ADD CONSTRAINT tenant_databases_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES platform_meta.tenants(id) ON DELETE CASCADE;

ALTER TABLE ONLY platform_meta.tenants
    ADD CONSTRAINT tenants_plan_type_fkey FOREIGN KEY (plan_type) REFERENCES platform_meta.plans(name);
