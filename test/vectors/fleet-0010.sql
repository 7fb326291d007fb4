-- A fleet's database as version 0010 left it, filled by that version's own service: two machines, a fault, a record of an
-- unknown kind, a sale of an unknown product, a batch set aside. By pg_dump 15 --inserts --no-owner.
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
CREATE FUNCTION public.end_session(hash bytea) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
  DELETE FROM sessions WHERE token_hash = hash OR expires_at < now()
$$;
CREATE FUNCTION public.find_session(hash bytea) RETURNS TABLE(id uuid, name character varying, role character varying, operator_id uuid, operator_name character varying, expires_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
  SELECT u.id, u.name, u.role, s.operator_id, o.name, s.expires_at
  FROM sessions s JOIN users u ON u.id = s.user_id JOIN operators o ON o.id = s.operator_id
  WHERE s.token_hash = hash AND s.expires_at > now()
$$;
CREATE FUNCTION public.find_user(wanted text) RETURNS TABLE(id uuid, name character varying, role character varying, operator_id uuid, operator_name character varying, password_hash text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
  SELECT u.id, u.name, u.role, u.operator_id, o.name, u.password_hash
  FROM users u JOIN operators o ON o.id = u.operator_id WHERE u.name = wanted
$$;
CREATE FUNCTION public.location_moves_machines() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  UPDATE machines SET location_name = NEW.name, time_zone = NEW.time_zone, latitude = NEW.latitude,
    longitude = NEW.longitude WHERE location_id = NEW.id;
  RETURN NULL;
END
$$;
CREATE FUNCTION public.machine_status(machine uuid, is_online boolean, is_door_open boolean) RETURNS character varying
    LANGUAGE sql STABLE
    AS $$
  SELECT CASE
    WHEN NOT is_online THEN 'offline'
    WHEN is_door_open THEN 'maintenance'
    WHEN EXISTS (
      SELECT 1 FROM machine_faults f
      WHERE f.machine_id = machine AND f.cleared_at IS NULL AND f.severity IN ('error', 'critical')
    ) THEN 'error'
    ELSE 'operational'
  END
$$;
CREATE PROCEDURE public.protect_tenants(IN target regclass, IN owner_column name DEFAULT 'operator_id'::name)
    LANGUAGE plpgsql
    AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
  EXECUTE format('CREATE POLICY tenant ON %s TO spiral_app USING (%I = tenant()) WITH CHECK (%I = tenant())', target,
    owner_column, owner_column);
  EXECUTE format('CREATE POLICY ingest ON %s TO spiral_ingest USING (true) WITH CHECK (true)', target);
  EXECUTE format('CREATE POLICY owner ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', target);
END
$$;
CREATE FUNCTION public.tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('app.operator_id', true), '')::uuid $$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.alerts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    operator_id uuid NOT NULL,
    machine_id uuid NOT NULL,
    rule character varying(40) NOT NULL,
    slot_code character varying(5),
    severity character varying(10) NOT NULL,
    sentence text NOT NULL,
    state character varying(12) DEFAULT 'open'::character varying NOT NULL,
    assigned_to uuid,
    acknowledged_by uuid,
    opened_at timestamp with time zone DEFAULT now() NOT NULL,
    acknowledged_at timestamp with time zone,
    resolved_at timestamp with time zone,
    CONSTRAINT alerts_check CHECK ((((state)::text = 'resolved'::text) = (resolved_at IS NOT NULL))),
    CONSTRAINT alerts_severity_check CHECK (((severity)::text = ANY ((ARRAY['info'::character varying, 'warning'::character varying, 'error'::character varying, 'critical'::character varying])::text[]))),
    CONSTRAINT alerts_state_check CHECK (((state)::text = ANY ((ARRAY['open'::character varying, 'acknowledged'::character varying, 'assigned'::character varying, 'resolved'::character varying])::text[])))
);
ALTER TABLE ONLY public.alerts FORCE ROW LEVEL SECURITY;
CREATE TABLE public.api_keys (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    operator_id uuid NOT NULL,
    name character varying(100) NOT NULL,
    key_hash bytea NOT NULL,
    scopes text[] DEFAULT '{}'::text[] NOT NULL,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone
);
ALTER TABLE ONLY public.api_keys FORCE ROW LEVEL SECURITY;
CREATE TABLE public.archives (
    operator_id uuid NOT NULL,
    month date NOT NULL,
    manifest text NOT NULL,
    manifest_sha256 bytea NOT NULL,
    rows bigint NOT NULL,
    fingerprint bigint NOT NULL,
    written_at timestamp with time zone DEFAULT now() NOT NULL,
    dropped_at timestamp with time zone,
    kept_until timestamp with time zone,
    CONSTRAINT archives_month_check CHECK ((EXTRACT(day FROM month) = (1)::numeric))
);
ALTER TABLE ONLY public.archives FORCE ROW LEVEL SECURITY;
CREATE TABLE public.audit_log (
    id bigint NOT NULL,
    operator_id uuid NOT NULL,
    user_id uuid,
    api_key_id uuid,
    at timestamp with time zone DEFAULT now() NOT NULL,
    action character varying(40) NOT NULL,
    subject character varying(40) NOT NULL,
    subject_id character varying(100) NOT NULL,
    before jsonb,
    after jsonb
);
ALTER TABLE ONLY public.audit_log FORCE ROW LEVEL SECURITY;
ALTER TABLE public.audit_log ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.fleet_settings (
    only_row boolean DEFAULT true NOT NULL,
    incarnation bigint DEFAULT 1 NOT NULL,
    archived_before timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    CONSTRAINT fleet_settings_only_row_check CHECK (only_row)
);
CREATE TABLE public.jobs (
    name character varying(40) NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    error text,
    runs bigint DEFAULT 0 NOT NULL
);
CREATE TABLE public.ledger_records (
    machine_id uuid NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    operator_id uuid NOT NULL,
    kind smallint NOT NULL,
    body bytea NOT NULL,
    chain bigint NOT NULL,
    flag character varying(20),
    flag_detail text,
    booked_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    device_time timestamp with time zone,
    time_quality character varying(10)
)
PARTITION BY HASH (machine_id);
ALTER TABLE ONLY public.ledger_records FORCE ROW LEVEL SECURITY;
CREATE TABLE public.ledger_records_0 (
    machine_id uuid NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    operator_id uuid NOT NULL,
    kind smallint NOT NULL,
    body bytea NOT NULL,
    chain bigint NOT NULL,
    flag character varying(20),
    flag_detail text,
    booked_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    device_time timestamp with time zone,
    time_quality character varying(10)
);
CREATE TABLE public.ledger_records_1 (
    machine_id uuid NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    operator_id uuid NOT NULL,
    kind smallint NOT NULL,
    body bytea NOT NULL,
    chain bigint NOT NULL,
    flag character varying(20),
    flag_detail text,
    booked_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    device_time timestamp with time zone,
    time_quality character varying(10)
);
CREATE TABLE public.ledger_records_2 (
    machine_id uuid NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    operator_id uuid NOT NULL,
    kind smallint NOT NULL,
    body bytea NOT NULL,
    chain bigint NOT NULL,
    flag character varying(20),
    flag_detail text,
    booked_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    device_time timestamp with time zone,
    time_quality character varying(10)
);
CREATE TABLE public.ledger_records_3 (
    machine_id uuid NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    operator_id uuid NOT NULL,
    kind smallint NOT NULL,
    body bytea NOT NULL,
    chain bigint NOT NULL,
    flag character varying(20),
    flag_detail text,
    booked_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    device_time timestamp with time zone,
    time_quality character varying(10)
);
CREATE TABLE public.locations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    operator_id uuid NOT NULL,
    name character varying(255) NOT NULL,
    type character varying(20) DEFAULT 'other'::character varying NOT NULL,
    address text DEFAULT ''::text NOT NULL,
    time_zone character varying(64) DEFAULT 'UTC'::character varying NOT NULL,
    latitude numeric(10,7),
    longitude numeric(10,7),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT locations_latitude_check CHECK (((latitude >= ('-90'::integer)::numeric) AND (latitude <= (90)::numeric))),
    CONSTRAINT locations_longitude_check CHECK (((longitude >= ('-180'::integer)::numeric) AND (longitude <= (180)::numeric))),
    CONSTRAINT locations_type_check CHECK (((type)::text = ANY ((ARRAY['office'::character varying, 'factory'::character varying, 'gym'::character varying, 'airport'::character varying, 'station'::character varying, 'school'::character varying, 'university'::character varying, 'hospital'::character varying, 'hotel'::character varying, 'shop'::character varying, 'street'::character varying, 'other'::character varying])::text[])))
);
ALTER TABLE ONLY public.locations FORCE ROW LEVEL SECURITY;
CREATE TABLE public.machine_faults (
    machine_id uuid NOT NULL,
    epoch bigint NOT NULL,
    raised_seq bigint NOT NULL,
    operator_id uuid NOT NULL,
    fault integer NOT NULL,
    slot_code character varying(5),
    detail bigint,
    severity character varying(10) NOT NULL,
    raised_at timestamp with time zone NOT NULL,
    cleared_at timestamp with time zone,
    cleared_seq bigint,
    CONSTRAINT machine_faults_severity_check CHECK (((severity)::text = ANY ((ARRAY['info'::character varying, 'warning'::character varying, 'error'::character varying, 'critical'::character varying])::text[])))
);
ALTER TABLE ONLY public.machine_faults FORCE ROW LEVEL SECURITY;
CREATE TABLE public.machine_owners (
    machine_id uuid NOT NULL,
    from_at timestamp with time zone NOT NULL,
    operator_id uuid NOT NULL
);
ALTER TABLE ONLY public.machine_owners FORCE ROW LEVEL SECURITY;
CREATE TABLE public.machine_slots (
    machine_id uuid NOT NULL,
    operator_id uuid NOT NULL,
    slot_code character varying(5) NOT NULL,
    product_id uuid,
    quantity smallint DEFAULT 0 NOT NULL,
    max_capacity smallint DEFAULT 0 NOT NULL,
    price numeric(12,3) DEFAULT 0 NOT NULL,
    currency character(3) NOT NULL,
    planned_quantity smallint,
    CONSTRAINT machine_slots_max_capacity_check CHECK ((max_capacity >= 0)),
    CONSTRAINT machine_slots_planned_quantity_check CHECK ((planned_quantity >= 0)),
    CONSTRAINT machine_slots_price_check CHECK ((price >= (0)::numeric)),
    CONSTRAINT machine_slots_quantity_check CHECK ((quantity >= 0))
);
ALTER TABLE ONLY public.machine_slots FORCE ROW LEVEL SECURITY;
CREATE TABLE public.machines (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    operator_id uuid NOT NULL,
    serial_number character varying(50) NOT NULL,
    location_name character varying(255) DEFAULT ''::character varying NOT NULL,
    latitude numeric(10,7),
    longitude numeric(10,7),
    time_zone character varying(64) DEFAULT 'UTC'::character varying NOT NULL,
    model character varying(50) DEFAULT ''::character varying NOT NULL,
    firmware_version character varying(20) DEFAULT ''::character varying NOT NULL,
    status character varying(20) DEFAULT 'offline'::character varying NOT NULL,
    last_heartbeat timestamp with time zone,
    installed_at timestamp with time zone DEFAULT now() NOT NULL,
    currency character(3) DEFAULT 'USD'::bpchar NOT NULL,
    currency_decimals smallint DEFAULT 2 NOT NULL,
    simulated boolean DEFAULT false NOT NULL,
    telemetry_period_s integer DEFAULT 300 NOT NULL,
    secret_hash bytea NOT NULL,
    epoch bigint DEFAULT 1 NOT NULL,
    online boolean DEFAULT false NOT NULL,
    birth_epoch bigint DEFAULT 0 NOT NULL,
    birth_boot bigint DEFAULT 0 NOT NULL,
    birth_connection bigint DEFAULT 0 NOT NULL,
    door_open boolean DEFAULT false NOT NULL,
    uptime_boot bigint,
    uptime_began_at timestamp with time zone,
    location_id uuid,
    owned_since timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    CONSTRAINT machines_currency_decimals_check CHECK (((currency_decimals >= 0) AND (currency_decimals <= 3))),
    CONSTRAINT machines_serial_number_check CHECK (((serial_number)::text ~ '^[A-Z0-9-]{1,32}$'::text)),
    CONSTRAINT machines_status_check CHECK (((status)::text = ANY ((ARRAY['operational'::character varying, 'error'::character varying, 'offline'::character varying, 'maintenance'::character varying])::text[])))
);
ALTER TABLE ONLY public.machines FORCE ROW LEVEL SECURITY;
CREATE TABLE public.telemetry (
    machine_id uuid NOT NULL,
    received_at timestamp with time zone NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    body bytea NOT NULL,
    state character varying(32) NOT NULL,
    temp_milli_c integer,
    revenue_minor bigint NOT NULL,
    vends bigint NOT NULL
)
PARTITION BY RANGE (received_at);
CREATE VIEW public.machine_telemetry WITH (security_barrier='true') AS
 SELECT m.operator_id,
    t.machine_id,
    t.received_at,
    t.epoch,
    t.seq,
    t.body,
    t.state,
    t.temp_milli_c,
    t.revenue_minor,
    t.vends
   FROM (public.telemetry t
     JOIN public.machines m ON ((m.id = t.machine_id)))
  WHERE (m.operator_id = public.tenant());
CREATE TABLE public.operators (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name character varying(255) NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE ONLY public.operators FORCE ROW LEVEL SECURITY;
CREATE TABLE public.orders (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    operator_id uuid NOT NULL,
    machine_id uuid NOT NULL,
    epoch bigint NOT NULL,
    counter bigint NOT NULL,
    kind smallint NOT NULL,
    payload bytea NOT NULL,
    state character varying(10) DEFAULT 'QUEUED'::character varying NOT NULL,
    result character varying(40),
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    sent_at timestamp with time zone,
    answered_at timestamp with time zone,
    CONSTRAINT orders_state_check CHECK (((state)::text = ANY ((ARRAY['QUEUED'::character varying, 'SENT'::character varying, 'SUCCEEDED'::character varying, 'FAILED'::character varying, 'REJECTED'::character varying, 'EXPIRED'::character varying])::text[])))
);
ALTER TABLE ONLY public.orders FORCE ROW LEVEL SECURITY;
CREATE TABLE public.payments (
    machine_id uuid NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    operator_id uuid NOT NULL,
    kind character varying(10) NOT NULL,
    amount numeric(12,3) NOT NULL,
    currency character(3) NOT NULL,
    reference character varying(100),
    reason character varying(20),
    transaction_id uuid,
    booked_at timestamp with time zone NOT NULL,
    CONSTRAINT payments_kind_check CHECK (((kind)::text = ANY ((ARRAY['coin'::character varying, 'bill'::character varying, 'change'::character varying, 'refund'::character varying, 'voucher'::character varying, 'claim'::character varying, 'manual'::character varying, 'hold'::character varying, 'capture'::character varying, 'release'::character varying, 'refundDue'::character varying, 'revalue'::character varying, 'fill'::character varying, 'emptied'::character varying, 'boxTaken'::character varying])::text[])))
);
ALTER TABLE ONLY public.payments FORCE ROW LEVEL SECURITY;
CREATE TABLE public.planograms (
    machine_id uuid NOT NULL,
    version bigint NOT NULL,
    operator_id uuid NOT NULL,
    document bytea NOT NULL,
    crc bigint NOT NULL,
    created_by uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    applied_epoch bigint,
    applied_seq bigint,
    applied_at timestamp with time zone,
    CONSTRAINT planograms_version_check CHECK ((version > 0))
);
ALTER TABLE ONLY public.planograms FORCE ROW LEVEL SECURITY;
CREATE TABLE public.products (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    operator_id uuid NOT NULL,
    number bigint NOT NULL,
    name character varying(255) NOT NULL,
    category character varying(20) NOT NULL,
    sku character varying(50) NOT NULL,
    default_price numeric(12,3) NOT NULL,
    currency character(3) NOT NULL,
    tax_rate numeric(7,6) DEFAULT 0 NOT NULL,
    image_url text,
    CONSTRAINT products_category_check CHECK (((category)::text = ANY ((ARRAY['beverage'::character varying, 'snack'::character varying, 'candy'::character varying])::text[]))),
    CONSTRAINT products_default_price_check CHECK ((default_price >= (0)::numeric)),
    CONSTRAINT products_number_check CHECK ((number >= 0))
);
ALTER TABLE ONLY public.products FORCE ROW LEVEL SECURITY;
CREATE TABLE public.sales_days (
    machine_id uuid NOT NULL,
    day date NOT NULL,
    operator_id uuid NOT NULL,
    currency character(3) NOT NULL,
    payment_method character varying(10) NOT NULL,
    simulated boolean NOT NULL,
    time_zone character varying(64) NOT NULL,
    sales integer NOT NULL,
    amount numeric(12,3) NOT NULL
);
ALTER TABLE ONLY public.sales_days FORCE ROW LEVEL SECURITY;
CREATE TABLE public.sales_quarters (
    machine_id uuid NOT NULL,
    quarter timestamp with time zone NOT NULL,
    operator_id uuid NOT NULL,
    currency character(3) NOT NULL,
    payment_method character varying(10) NOT NULL,
    simulated boolean NOT NULL,
    sales integer NOT NULL,
    amount numeric(12,3) NOT NULL,
    dirty boolean DEFAULT true NOT NULL,
    CONSTRAINT sales_quarters_quarter_check CHECK ((((EXTRACT(epoch FROM quarter))::bigint % (900)::bigint) = 0))
);
ALTER TABLE ONLY public.sales_quarters FORCE ROW LEVEL SECURITY;
CREATE TABLE public.schema_migrations (
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.sessions (
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    operator_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.sessions FORCE ROW LEVEL SECURITY;
CREATE TABLE public.set_aside (
    id bigint NOT NULL,
    machine_id uuid NOT NULL,
    operator_id uuid NOT NULL,
    reason character varying(20) NOT NULL,
    detail text NOT NULL,
    epoch bigint,
    first_seq bigint,
    payload bytea NOT NULL,
    digest bytea NOT NULL,
    times integer DEFAULT 1 NOT NULL,
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT set_aside_reason_check CHECK (((reason)::text = ANY ((ARRAY['fork'::character varying, 'unknownEpoch'::character varying, 'undecodable'::character varying])::text[])))
);
ALTER TABLE ONLY public.set_aside FORCE ROW LEVEL SECURITY;
ALTER TABLE public.set_aside ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.set_aside_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.sync_cursors (
    machine_id uuid NOT NULL,
    epoch bigint NOT NULL,
    operator_id uuid NOT NULL,
    mark bigint DEFAULT 0 NOT NULL,
    chain bigint NOT NULL,
    forked boolean DEFAULT false NOT NULL,
    boot_no bigint DEFAULT 0 NOT NULL,
    boot_wall_ms bigint,
    clock_quality smallint DEFAULT 0 NOT NULL,
    last_booked_at timestamp with time zone,
    credit_minor bigint DEFAULT 0 NOT NULL,
    credit_from_seq bigint DEFAULT 0 NOT NULL,
    last_sale_id uuid,
    last_sale_booked_at timestamp with time zone,
    last_sale_failed boolean DEFAULT false NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    hold_seq bigint DEFAULT 0 NOT NULL,
    hold_minor bigint DEFAULT 0 NOT NULL,
    hold_sale_id uuid,
    hold_sale_booked_at timestamp with time zone
);
ALTER TABLE ONLY public.sync_cursors FORCE ROW LEVEL SECURITY;
CREATE TABLE public.telemetry_default (
    machine_id uuid NOT NULL,
    received_at timestamp with time zone NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    body bytea NOT NULL,
    state character varying(32) NOT NULL,
    temp_milli_c integer,
    revenue_minor bigint NOT NULL,
    vends bigint NOT NULL
);
CREATE TABLE public.telemetry_y2026m10 (
    machine_id uuid NOT NULL,
    received_at timestamp with time zone NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    body bytea NOT NULL,
    state character varying(32) NOT NULL,
    temp_milli_c integer,
    revenue_minor bigint NOT NULL,
    vends bigint NOT NULL
);
CREATE TABLE public.telemetry_y2026m11 (
    machine_id uuid NOT NULL,
    received_at timestamp with time zone NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    body bytea NOT NULL,
    state character varying(32) NOT NULL,
    temp_milli_c integer,
    revenue_minor bigint NOT NULL,
    vends bigint NOT NULL
);
CREATE TABLE public.telemetry_y2026m12 (
    machine_id uuid NOT NULL,
    received_at timestamp with time zone NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    body bytea NOT NULL,
    state character varying(32) NOT NULL,
    temp_milli_c integer,
    revenue_minor bigint NOT NULL,
    vends bigint NOT NULL
);
CREATE TABLE public.telemetry_y2027m01 (
    machine_id uuid NOT NULL,
    received_at timestamp with time zone NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    body bytea NOT NULL,
    state character varying(32) NOT NULL,
    temp_milli_c integer,
    revenue_minor bigint NOT NULL,
    vends bigint NOT NULL
);
CREATE TABLE public.transactions (
    id uuid NOT NULL,
    booked_at timestamp with time zone NOT NULL,
    operator_id uuid NOT NULL,
    machine_id uuid NOT NULL,
    slot_code character varying(5) NOT NULL,
    product_id uuid,
    product_number bigint NOT NULL,
    planogram_version bigint NOT NULL,
    amount numeric(12,3) NOT NULL,
    paid numeric(12,3) NOT NULL,
    change numeric(12,3) NOT NULL,
    currency character(3) NOT NULL,
    tax_rate numeric(7,6) DEFAULT 0 NOT NULL,
    payment_method character varying(10) NOT NULL,
    payment_ref character varying(100),
    status character varying(10) NOT NULL,
    dispensed_at timestamp with time zone,
    device_time timestamp with time zone,
    time_quality character varying(10) NOT NULL,
    sale_no bigint NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    simulated boolean DEFAULT false NOT NULL,
    CONSTRAINT transactions_payment_method_check CHECK (((payment_method)::text = ANY ((ARRAY['cash'::character varying, 'card'::character varying, 'mobile'::character varying, 'wallet'::character varying, 'free'::character varying, 'test'::character varying, 'mixed'::character varying])::text[]))),
    CONSTRAINT transactions_status_check CHECK (((status)::text = ANY ((ARRAY['completed'::character varying, 'refunded'::character varying, 'failed'::character varying, 'unknown'::character varying])::text[]))),
    CONSTRAINT transactions_time_quality_check CHECK (((time_quality)::text = ANY ((ARRAY['synced'::character varying, 'kept'::character varying, 'estimated'::character varying, 'received'::character varying])::text[])))
)
PARTITION BY RANGE (booked_at);
ALTER TABLE ONLY public.transactions FORCE ROW LEVEL SECURITY;
CREATE TABLE public.transactions_default (
    id uuid NOT NULL,
    booked_at timestamp with time zone NOT NULL,
    operator_id uuid NOT NULL,
    machine_id uuid NOT NULL,
    slot_code character varying(5) NOT NULL,
    product_id uuid,
    product_number bigint NOT NULL,
    planogram_version bigint NOT NULL,
    amount numeric(12,3) NOT NULL,
    paid numeric(12,3) NOT NULL,
    change numeric(12,3) NOT NULL,
    currency character(3) NOT NULL,
    tax_rate numeric(7,6) DEFAULT 0 NOT NULL,
    payment_method character varying(10) NOT NULL,
    payment_ref character varying(100),
    status character varying(10) NOT NULL,
    dispensed_at timestamp with time zone,
    device_time timestamp with time zone,
    time_quality character varying(10) NOT NULL,
    sale_no bigint NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    simulated boolean DEFAULT false NOT NULL,
    CONSTRAINT transactions_payment_method_check CHECK (((payment_method)::text = ANY ((ARRAY['cash'::character varying, 'card'::character varying, 'mobile'::character varying, 'wallet'::character varying, 'free'::character varying, 'test'::character varying, 'mixed'::character varying])::text[]))),
    CONSTRAINT transactions_status_check CHECK (((status)::text = ANY ((ARRAY['completed'::character varying, 'refunded'::character varying, 'failed'::character varying, 'unknown'::character varying])::text[]))),
    CONSTRAINT transactions_time_quality_check CHECK (((time_quality)::text = ANY ((ARRAY['synced'::character varying, 'kept'::character varying, 'estimated'::character varying, 'received'::character varying])::text[])))
);
CREATE TABLE public.transactions_y2026m10 (
    id uuid NOT NULL,
    booked_at timestamp with time zone NOT NULL,
    operator_id uuid NOT NULL,
    machine_id uuid NOT NULL,
    slot_code character varying(5) NOT NULL,
    product_id uuid,
    product_number bigint NOT NULL,
    planogram_version bigint NOT NULL,
    amount numeric(12,3) NOT NULL,
    paid numeric(12,3) NOT NULL,
    change numeric(12,3) NOT NULL,
    currency character(3) NOT NULL,
    tax_rate numeric(7,6) DEFAULT 0 NOT NULL,
    payment_method character varying(10) NOT NULL,
    payment_ref character varying(100),
    status character varying(10) NOT NULL,
    dispensed_at timestamp with time zone,
    device_time timestamp with time zone,
    time_quality character varying(10) NOT NULL,
    sale_no bigint NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    simulated boolean DEFAULT false NOT NULL,
    CONSTRAINT transactions_payment_method_check CHECK (((payment_method)::text = ANY ((ARRAY['cash'::character varying, 'card'::character varying, 'mobile'::character varying, 'wallet'::character varying, 'free'::character varying, 'test'::character varying, 'mixed'::character varying])::text[]))),
    CONSTRAINT transactions_status_check CHECK (((status)::text = ANY ((ARRAY['completed'::character varying, 'refunded'::character varying, 'failed'::character varying, 'unknown'::character varying])::text[]))),
    CONSTRAINT transactions_time_quality_check CHECK (((time_quality)::text = ANY ((ARRAY['synced'::character varying, 'kept'::character varying, 'estimated'::character varying, 'received'::character varying])::text[])))
);
CREATE TABLE public.transactions_y2026m11 (
    id uuid NOT NULL,
    booked_at timestamp with time zone NOT NULL,
    operator_id uuid NOT NULL,
    machine_id uuid NOT NULL,
    slot_code character varying(5) NOT NULL,
    product_id uuid,
    product_number bigint NOT NULL,
    planogram_version bigint NOT NULL,
    amount numeric(12,3) NOT NULL,
    paid numeric(12,3) NOT NULL,
    change numeric(12,3) NOT NULL,
    currency character(3) NOT NULL,
    tax_rate numeric(7,6) DEFAULT 0 NOT NULL,
    payment_method character varying(10) NOT NULL,
    payment_ref character varying(100),
    status character varying(10) NOT NULL,
    dispensed_at timestamp with time zone,
    device_time timestamp with time zone,
    time_quality character varying(10) NOT NULL,
    sale_no bigint NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    simulated boolean DEFAULT false NOT NULL,
    CONSTRAINT transactions_payment_method_check CHECK (((payment_method)::text = ANY ((ARRAY['cash'::character varying, 'card'::character varying, 'mobile'::character varying, 'wallet'::character varying, 'free'::character varying, 'test'::character varying, 'mixed'::character varying])::text[]))),
    CONSTRAINT transactions_status_check CHECK (((status)::text = ANY ((ARRAY['completed'::character varying, 'refunded'::character varying, 'failed'::character varying, 'unknown'::character varying])::text[]))),
    CONSTRAINT transactions_time_quality_check CHECK (((time_quality)::text = ANY ((ARRAY['synced'::character varying, 'kept'::character varying, 'estimated'::character varying, 'received'::character varying])::text[])))
);
CREATE TABLE public.transactions_y2026m12 (
    id uuid NOT NULL,
    booked_at timestamp with time zone NOT NULL,
    operator_id uuid NOT NULL,
    machine_id uuid NOT NULL,
    slot_code character varying(5) NOT NULL,
    product_id uuid,
    product_number bigint NOT NULL,
    planogram_version bigint NOT NULL,
    amount numeric(12,3) NOT NULL,
    paid numeric(12,3) NOT NULL,
    change numeric(12,3) NOT NULL,
    currency character(3) NOT NULL,
    tax_rate numeric(7,6) DEFAULT 0 NOT NULL,
    payment_method character varying(10) NOT NULL,
    payment_ref character varying(100),
    status character varying(10) NOT NULL,
    dispensed_at timestamp with time zone,
    device_time timestamp with time zone,
    time_quality character varying(10) NOT NULL,
    sale_no bigint NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    simulated boolean DEFAULT false NOT NULL,
    CONSTRAINT transactions_payment_method_check CHECK (((payment_method)::text = ANY ((ARRAY['cash'::character varying, 'card'::character varying, 'mobile'::character varying, 'wallet'::character varying, 'free'::character varying, 'test'::character varying, 'mixed'::character varying])::text[]))),
    CONSTRAINT transactions_status_check CHECK (((status)::text = ANY ((ARRAY['completed'::character varying, 'refunded'::character varying, 'failed'::character varying, 'unknown'::character varying])::text[]))),
    CONSTRAINT transactions_time_quality_check CHECK (((time_quality)::text = ANY ((ARRAY['synced'::character varying, 'kept'::character varying, 'estimated'::character varying, 'received'::character varying])::text[])))
);
CREATE TABLE public.transactions_y2027m01 (
    id uuid NOT NULL,
    booked_at timestamp with time zone NOT NULL,
    operator_id uuid NOT NULL,
    machine_id uuid NOT NULL,
    slot_code character varying(5) NOT NULL,
    product_id uuid,
    product_number bigint NOT NULL,
    planogram_version bigint NOT NULL,
    amount numeric(12,3) NOT NULL,
    paid numeric(12,3) NOT NULL,
    change numeric(12,3) NOT NULL,
    currency character(3) NOT NULL,
    tax_rate numeric(7,6) DEFAULT 0 NOT NULL,
    payment_method character varying(10) NOT NULL,
    payment_ref character varying(100),
    status character varying(10) NOT NULL,
    dispensed_at timestamp with time zone,
    device_time timestamp with time zone,
    time_quality character varying(10) NOT NULL,
    sale_no bigint NOT NULL,
    epoch bigint NOT NULL,
    seq bigint NOT NULL,
    simulated boolean DEFAULT false NOT NULL,
    CONSTRAINT transactions_payment_method_check CHECK (((payment_method)::text = ANY ((ARRAY['cash'::character varying, 'card'::character varying, 'mobile'::character varying, 'wallet'::character varying, 'free'::character varying, 'test'::character varying, 'mixed'::character varying])::text[]))),
    CONSTRAINT transactions_status_check CHECK (((status)::text = ANY ((ARRAY['completed'::character varying, 'refunded'::character varying, 'failed'::character varying, 'unknown'::character varying])::text[]))),
    CONSTRAINT transactions_time_quality_check CHECK (((time_quality)::text = ANY ((ARRAY['synced'::character varying, 'kept'::character varying, 'estimated'::character varying, 'received'::character varying])::text[])))
);
CREATE TABLE public.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    operator_id uuid NOT NULL,
    name character varying(100) NOT NULL,
    password_hash text NOT NULL,
    role character varying(20) DEFAULT 'owner'::character varying NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT users_role_check CHECK (((role)::text = ANY ((ARRAY['owner'::character varying, 'dispatcher'::character varying, 'technician'::character varying, 'driver'::character varying, 'viewer'::character varying])::text[])))
);
ALTER TABLE ONLY public.users FORCE ROW LEVEL SECURITY;
CREATE TABLE public.visits (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    operator_id uuid NOT NULL,
    machine_id uuid NOT NULL,
    user_id uuid,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    cash_counted numeric(12,3),
    currency character(3),
    note text DEFAULT ''::text NOT NULL,
    CONSTRAINT visits_check CHECK (((ended_at IS NULL) OR (ended_at >= started_at))),
    CONSTRAINT visits_check1 CHECK (((cash_counted IS NULL) = (currency IS NULL)))
);
ALTER TABLE ONLY public.visits FORCE ROW LEVEL SECURITY;
CREATE TABLE public.voucher_redemptions (
    machine_id uuid NOT NULL,
    epoch bigint NOT NULL,
    code character varying(14) NOT NULL,
    operator_id uuid NOT NULL,
    amount numeric(12,3) NOT NULL,
    currency character(3) NOT NULL,
    state character varying(10) NOT NULL,
    idempotency_key character varying(100) NOT NULL,
    requested_by uuid,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    redeemed_at timestamp with time zone,
    requested_key uuid,
    CONSTRAINT voucher_redemptions_amount_check CHECK ((amount > (0)::numeric)),
    CONSTRAINT voucher_redemptions_check CHECK ((((state)::text = 'redeemed'::text) = (redeemed_at IS NOT NULL))),
    CONSTRAINT voucher_redemptions_check1 CHECK ((num_nonnulls(requested_by, requested_key) = 1)),
    CONSTRAINT voucher_redemptions_state_check CHECK (((state)::text = ANY ((ARRAY['pending'::character varying, 'redeemed'::character varying])::text[])))
);
ALTER TABLE ONLY public.voucher_redemptions FORCE ROW LEVEL SECURITY;
ALTER TABLE ONLY public.ledger_records ATTACH PARTITION public.ledger_records_0 FOR VALUES WITH (modulus 4, remainder 0);
ALTER TABLE ONLY public.ledger_records ATTACH PARTITION public.ledger_records_1 FOR VALUES WITH (modulus 4, remainder 1);
ALTER TABLE ONLY public.ledger_records ATTACH PARTITION public.ledger_records_2 FOR VALUES WITH (modulus 4, remainder 2);
ALTER TABLE ONLY public.ledger_records ATTACH PARTITION public.ledger_records_3 FOR VALUES WITH (modulus 4, remainder 3);
ALTER TABLE ONLY public.telemetry ATTACH PARTITION public.telemetry_default DEFAULT;
ALTER TABLE ONLY public.telemetry ATTACH PARTITION public.telemetry_y2026m10 FOR VALUES FROM ('2026-10-01 00:00:00+00') TO ('2026-11-01 00:00:00+00');
ALTER TABLE ONLY public.telemetry ATTACH PARTITION public.telemetry_y2026m11 FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00');
ALTER TABLE ONLY public.telemetry ATTACH PARTITION public.telemetry_y2026m12 FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2027-01-01 00:00:00+00');
ALTER TABLE ONLY public.telemetry ATTACH PARTITION public.telemetry_y2027m01 FOR VALUES FROM ('2027-01-01 00:00:00+00') TO ('2027-02-01 00:00:00+00');
ALTER TABLE ONLY public.transactions ATTACH PARTITION public.transactions_default DEFAULT;
ALTER TABLE ONLY public.transactions ATTACH PARTITION public.transactions_y2026m10 FOR VALUES FROM ('2026-10-01 00:00:00+00') TO ('2026-11-01 00:00:00+00');
ALTER TABLE ONLY public.transactions ATTACH PARTITION public.transactions_y2026m11 FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00');
ALTER TABLE ONLY public.transactions ATTACH PARTITION public.transactions_y2026m12 FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2027-01-01 00:00:00+00');
ALTER TABLE ONLY public.transactions ATTACH PARTITION public.transactions_y2027m01 FOR VALUES FROM ('2027-01-01 00:00:00+00') TO ('2027-02-01 00:00:00+00');
INSERT INTO public.fleet_settings VALUES (true, 1, '2024-11-01 00:00:00+00');
INSERT INTO public.jobs VALUES ('partitions', '2026-11-30 16:29:21.720568+00', '2026-11-30 10:29:21.704413+00', '2026-11-30 10:29:21.720568+00', NULL, 1);
INSERT INTO public.jobs VALUES ('days', '2026-11-30 10:30:21.812456+00', '2026-11-30 10:29:21.775203+00', '2026-11-30 10:29:21.812456+00', NULL, 1);
INSERT INTO public.jobs VALUES ('archive', '2026-12-01 10:29:21.85475+00', '2026-11-30 10:29:21.844872+00', '2026-11-30 10:29:21.85475+00', NULL, 1);
INSERT INTO public.jobs VALUES ('check-books', '2026-12-01 10:29:21.866634+00', NULL, NULL, NULL, 0);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 1, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 1, '\x8519044c1a6ab13b81010065302e312e30', 377901714, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 2, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 2, '\x831904b01a6ab13b8102', 961727231, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 3, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 18, '\x85190514f600186400', 2006861944, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 4, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 19, '\x85190578f600186400', 2153975632, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 5, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 18, '\x851905dcf600186401', 1128106622, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 6, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 19, '\x85190640f600186400', 1341477895, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 7, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 32, '\x871906a4f60162423418af18c800', 3281267095, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 8, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 34, '\x8b1907081a6ab13b810162423418af18c8000701181900', 1697900515, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', '2026-09-21 14:13:21.7+00', 'received');
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 9, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 48, '\x8919076cf601001819020118195000000000000000000000000000000000', 1560087781, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 10, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 49, '\x861907d01a6ab13b82010018195000000000000000000000000000000000', 3558290732, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 11, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 18, '\x85190834f600186400', 2745487160, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 12, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 19, '\x85190898f600186400', 958374916, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 13, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 18, '\x851908fcf600186401', 4184717256, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 14, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 19, '\x85190960f600186400', 3165352086, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 15, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 32, '\x871909c4f60262423418af18c800', 3203347112, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 16, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 34, '\x8b190a281a6ab13b820262423418af18c8000701181900', 2068511722, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', '2026-09-21 14:13:22.5+00', 'received');
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 17, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 48, '\x89190a8cf602001819020118195000000000000000000000000000000000', 3121612105, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 18, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 49, '\x86190af01a6ab13b82020018195000000000000000000000000000000000', 950866508, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 19, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 18, '\x85190b54f600186400', 1608997250, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 20, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 19, '\x85190bb8f600186400', 2971453381, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 21, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 18, '\x85190c1cf600186401', 2036269210, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 22, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 19, '\x85190c80f600186400', 1599658491, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 23, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 32, '\x87190ce4f60362423418af18c800', 2854177573, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 24, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 34, '\x8b190d481a6ab13b830362423418af18c8000701181900', 3881916119, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', '2026-09-21 14:13:23.3+00', 'received');
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 25, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 48, '\x89190dacf603001819020118195000000000000000000000000000000000', 1129790386, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 26, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 49, '\x86190e101a6ab13b83030018195000000000000000000000000000000000', 2544270103, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 27, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 6, '\x84190e741a6ab13b8301624234', 4252458346, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 28, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 250, '\x80', 740039233, 'unknownKind', 'unknownKind 250', '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 29, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 18, '\x85190ed8f600186400', 1727632321, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 30, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 19, '\x85190f3cf600186400', 2067688986, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 31, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 18, '\x85190fa0f600186401', 3824983248, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 32, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 19, '\x85191004f600186400', 912479124, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 33, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 32, '\x87191068f60462423418af18c800', 2826258386, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 34, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 34, '\x8b1910cc1a6ab13b840462423418af18c800186301181900', 56049301, 'unknownProduct', 'product 99', '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', '2026-09-21 14:13:24.2+00', 'received');
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 35, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 48, '\x89191130f604001819020118195000000000000000000000000000000000', 741656018, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_0 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 36, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 49, '\x861911941a6ab13b84040018195000000000000000000000000000000000', 1763841046, NULL, NULL, '2026-11-30 10:29:22.06+00', '2026-11-30 10:29:22.066253+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 1, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 1, '\x8519044c1a6ab13b81010065302e312e30', 377901714, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 2, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 2, '\x831904b01a6ab13b8102', 961727231, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 3, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 18, '\x85190514f600186400', 2006861944, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 4, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 19, '\x85190578f600186400', 2153975632, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 5, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 18, '\x851905dcf600186401', 1128106622, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 6, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 19, '\x85190640f600186400', 1341477895, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 7, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 32, '\x871906a4f60162423418af18c800', 3281267095, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 8, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 34, '\x8b1907081a6ab13b810162423418af18c8000701181900', 1697900515, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', '2026-09-21 14:13:21.7+00', 'received');
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 9, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 48, '\x8919076cf601001819020118195000000000000000000000000000000000', 1560087781, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 10, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 49, '\x861907d01a6ab13b82010018195000000000000000000000000000000000', 3558290732, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 11, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 18, '\x85190834f600186400', 2745487160, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 12, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 19, '\x85190898f600186400', 958374916, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 13, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 18, '\x851908fcf600186401', 4184717256, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 14, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 19, '\x85190960f600186400', 3165352086, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 15, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 32, '\x871909c4f60262423418af18c800', 3203347112, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 16, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 34, '\x8b190a281a6ab13b820262423418af18c8000701181900', 2068511722, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', '2026-09-21 14:13:22.5+00', 'received');
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 17, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 48, '\x89190a8cf602001819020118195000000000000000000000000000000000', 3121612105, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 18, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 49, '\x86190af01a6ab13b82020018195000000000000000000000000000000000', 950866508, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 19, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 18, '\x85190b54f600186400', 1608997250, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 20, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 19, '\x85190bb8f600186400', 2971453381, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 21, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 18, '\x85190c1cf600186401', 2036269210, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 22, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 19, '\x85190c80f600186400', 1599658491, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 23, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 32, '\x87190ce4f60362423418af18c800', 2854177573, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 24, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 34, '\x8b190d481a6ab13b830362423418af18c8000701181900', 3881916119, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', '2026-09-21 14:13:23.3+00', 'received');
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 25, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 48, '\x89190dacf603001819020118195000000000000000000000000000000000', 1129790386, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 26, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 49, '\x86190e101a6ab13b83030018195000000000000000000000000000000000', 2544270103, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 27, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 6, '\x84190e741a6ab13b8301624234', 4252458346, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 28, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 250, '\x80', 740039233, 'unknownKind', 'unknownKind 250', '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 29, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 18, '\x85190ed8f600186400', 1727632321, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 30, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 19, '\x85190f3cf600186400', 2067688986, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 31, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 18, '\x85190fa0f600186401', 3824983248, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 32, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 19, '\x85191004f600186400', 912479124, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 33, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 32, '\x87191068f60462423418af18c800', 2826258386, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 34, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 34, '\x8b1910cc1a6ab13b840462423418af18c800186301181900', 56049301, 'unknownProduct', 'product 99', '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', '2026-09-21 14:13:24.2+00', 'received');
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 35, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 48, '\x89191130f604001819020118195000000000000000000000000000000000', 741656018, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.ledger_records_2 VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 36, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 49, '\x861911941a6ab13b84040018195000000000000000000000000000000000', 1763841046, NULL, NULL, '2026-11-30 10:29:22.477+00', '2026-11-30 10:29:22.482816+00', NULL, NULL);
INSERT INTO public.machine_faults VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 27, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 1, 'B4', NULL, 'error', '2026-11-30 10:29:22.06+00', NULL, NULL);
INSERT INTO public.machine_faults VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 27, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 1, 'B4', NULL, 'error', '2026-11-30 10:29:22.477+00', NULL, NULL);
INSERT INTO public.machine_owners VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', '-infinity', 'e7a153e0-a77a-42ff-928a-3d29a874242c');
INSERT INTO public.machine_owners VALUES ('5670973a-bb15-4a63-b358-066526390daf', '-infinity', 'e7a153e0-a77a-42ff-928a-3d29a874242c');
INSERT INTO public.machine_slots VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'B5', '54f3ffc5-727c-4952-a624-b0ae51946d6b', 3, 8, 1.250, 'USD', 3);
INSERT INTO public.machine_slots VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'B4', 'fff98305-5bb3-4e06-96b7-88c5504051d8', 2, 8, 1.750, 'USD', 6);
INSERT INTO public.machine_slots VALUES ('5670973a-bb15-4a63-b358-066526390daf', 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'B5', '54f3ffc5-727c-4952-a624-b0ae51946d6b', 3, 8, 1.250, 'USD', 3);
INSERT INTO public.machine_slots VALUES ('5670973a-bb15-4a63-b358-066526390daf', 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'B4', 'fff98305-5bb3-4e06-96b7-88c5504051d8', 2, 8, 1.750, 'USD', 6);
INSERT INTO public.machines VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'OLD-1', '', NULL, NULL, 'Asia/Kathmandu', 'virtual', '0.1.0', 'error', '2026-11-30 10:29:22.304+00', '2026-11-29 10:29:21+00', 'USD', 2, false, 300, '\x48dd2e9d6d5b6dcf7ee3d2f88ae1abd2c16b8d01b699a04a0a6002084f3c69cf', 1, true, 1, 1, 1, false, 1, '2026-11-30 10:28:22.304+00', NULL, '-infinity');
INSERT INTO public.machines VALUES ('5670973a-bb15-4a63-b358-066526390daf', 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'OLD-2', '', NULL, NULL, 'Asia/Kathmandu', 'virtual', '0.1.0', 'error', '2026-11-30 10:29:22.629+00', '2026-11-29 10:29:22+00', 'USD', 2, false, 300, '\x8c5589ce17be0774600bb2ddf63e1b57f1c22fb856a5b5a2ec94fd83f1e43a93', 1, true, 1, 1, 1, false, 1, '2026-11-30 10:28:22.629+00', NULL, '-infinity');
INSERT INTO public.operators VALUES ('e7a153e0-a77a-42ff-928a-3d29a874242c', 'Test Vending', '2026-11-30 10:29:21.602245+00');
INSERT INTO public.payments VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 10, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'change', -0.250, 'USD', NULL, 'change', '563fc413-d38f-8603-b561-da58c1f0af22', '2026-11-30 10:29:22.06+00');
INSERT INTO public.payments VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 18, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'change', -0.250, 'USD', NULL, 'change', '8c0e373a-2425-80ac-babb-ece2f146ef98', '2026-11-30 10:29:22.06+00');
INSERT INTO public.payments VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 26, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'change', -0.250, 'USD', NULL, 'change', '2746ed2c-6b78-8949-b61b-61042a9f0d20', '2026-11-30 10:29:22.06+00');
INSERT INTO public.payments VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 36, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'change', -0.250, 'USD', NULL, 'change', 'cd280ed8-48eb-8818-9eed-b72e557c2241', '2026-11-30 10:29:22.06+00');
INSERT INTO public.payments VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 4, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'bill', 1.000, 'USD', NULL, NULL, '563fc413-d38f-8603-b561-da58c1f0af22', '2026-11-30 10:29:22.06+00');
INSERT INTO public.payments VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 6, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'bill', 1.000, 'USD', NULL, NULL, '563fc413-d38f-8603-b561-da58c1f0af22', '2026-11-30 10:29:22.06+00');
INSERT INTO public.payments VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 12, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'bill', 1.000, 'USD', NULL, NULL, '8c0e373a-2425-80ac-babb-ece2f146ef98', '2026-11-30 10:29:22.06+00');
INSERT INTO public.payments VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 14, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'bill', 1.000, 'USD', NULL, NULL, '8c0e373a-2425-80ac-babb-ece2f146ef98', '2026-11-30 10:29:22.06+00');
INSERT INTO public.payments VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 20, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'bill', 1.000, 'USD', NULL, NULL, '2746ed2c-6b78-8949-b61b-61042a9f0d20', '2026-11-30 10:29:22.06+00');
INSERT INTO public.payments VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 22, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'bill', 1.000, 'USD', NULL, NULL, '2746ed2c-6b78-8949-b61b-61042a9f0d20', '2026-11-30 10:29:22.06+00');
INSERT INTO public.payments VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 30, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'bill', 1.000, 'USD', NULL, NULL, 'cd280ed8-48eb-8818-9eed-b72e557c2241', '2026-11-30 10:29:22.06+00');
INSERT INTO public.payments VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 32, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'bill', 1.000, 'USD', NULL, NULL, 'cd280ed8-48eb-8818-9eed-b72e557c2241', '2026-11-30 10:29:22.06+00');
INSERT INTO public.payments VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 10, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'change', -0.250, 'USD', NULL, 'change', 'a0655606-b0dc-85a7-9714-379dc6068221', '2026-11-30 10:29:22.477+00');
INSERT INTO public.payments VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 18, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'change', -0.250, 'USD', NULL, 'change', 'e39fe940-212f-85a9-9558-42f8cdaa2430', '2026-11-30 10:29:22.477+00');
INSERT INTO public.payments VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 26, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'change', -0.250, 'USD', NULL, 'change', '74cf51fb-f2e1-8141-a3b2-04b773ba914c', '2026-11-30 10:29:22.477+00');
INSERT INTO public.payments VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 36, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'change', -0.250, 'USD', NULL, 'change', '42e87874-fbd8-8653-a9bf-9966b8aace7d', '2026-11-30 10:29:22.477+00');
INSERT INTO public.payments VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 4, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'bill', 1.000, 'USD', NULL, NULL, 'a0655606-b0dc-85a7-9714-379dc6068221', '2026-11-30 10:29:22.477+00');
INSERT INTO public.payments VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 6, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'bill', 1.000, 'USD', NULL, NULL, 'a0655606-b0dc-85a7-9714-379dc6068221', '2026-11-30 10:29:22.477+00');
INSERT INTO public.payments VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 12, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'bill', 1.000, 'USD', NULL, NULL, 'e39fe940-212f-85a9-9558-42f8cdaa2430', '2026-11-30 10:29:22.477+00');
INSERT INTO public.payments VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 14, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'bill', 1.000, 'USD', NULL, NULL, 'e39fe940-212f-85a9-9558-42f8cdaa2430', '2026-11-30 10:29:22.477+00');
INSERT INTO public.payments VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 20, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'bill', 1.000, 'USD', NULL, NULL, '74cf51fb-f2e1-8141-a3b2-04b773ba914c', '2026-11-30 10:29:22.477+00');
INSERT INTO public.payments VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 22, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'bill', 1.000, 'USD', NULL, NULL, '74cf51fb-f2e1-8141-a3b2-04b773ba914c', '2026-11-30 10:29:22.477+00');
INSERT INTO public.payments VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 30, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'bill', 1.000, 'USD', NULL, NULL, '42e87874-fbd8-8653-a9bf-9966b8aace7d', '2026-11-30 10:29:22.477+00');
INSERT INTO public.payments VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 32, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'bill', 1.000, 'USD', NULL, NULL, '42e87874-fbd8-8653-a9bf-9966b8aace7d', '2026-11-30 10:29:22.477+00');
INSERT INTO public.products VALUES ('fff98305-5bb3-4e06-96b7-88c5504051d8', 'e7a153e0-a77a-42ff-928a-3d29a874242c', 7, 'Coke', 'beverage', 'COKE-12', 1.750, 'USD', 0.000000, NULL);
INSERT INTO public.products VALUES ('54f3ffc5-727c-4952-a624-b0ae51946d6b', 'e7a153e0-a77a-42ff-928a-3d29a874242c', 8, 'Water', 'beverage', 'WATER-16', 1.750, 'USD', 0.000000, NULL);
INSERT INTO public.sales_quarters VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', '2026-11-30 10:15:00+00', 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'USD', 'cash', false, 4, 7.000, true);
INSERT INTO public.sales_quarters VALUES ('5670973a-bb15-4a63-b358-066526390daf', '2026-11-30 10:15:00+00', 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'USD', 'cash', false, 4, 7.000, true);
INSERT INTO public.schema_migrations VALUES ('0001_fleet.sql', '33dbea8a7204a2b9fb035ef6164e92c04222618b09c13b79654522663119e150', '2026-11-30 10:29:19.171217+00');
INSERT INTO public.schema_migrations VALUES ('0002_grants.sql', 'dc341fd89e2f6311192b196f531040ef1929bde57110c9c0bb78701a81c427a8', '2026-11-30 10:29:19.171217+00');
INSERT INTO public.schema_migrations VALUES ('0003_cards.sql', 'e6de59c42a34407f87b0463f8ee388a7d4210df497a4b0b50c3e077f66cba9e8', '2026-11-30 10:29:19.171217+00');
INSERT INTO public.schema_migrations VALUES ('0004_vouchers.sql', '030a5b1513ea494ea89858b8da4c32cecfb7c737eb7c6ae1602bc5ebcc426cf0', '2026-11-30 10:29:19.171217+00');
INSERT INTO public.schema_migrations VALUES ('0005_tenancy.sql', '547bfe119cbe48fcd7419c36bbb60ca5f066294ddcd02245bf3b1f791b240555', '2026-11-30 10:29:19.171217+00');
INSERT INTO public.schema_migrations VALUES ('0006_fleet_tables.sql', '2c89dccaf3f1f585c05a334a2588028672f5b413ffbaf912089553cc23d5b027', '2026-11-30 10:29:19.171217+00');
INSERT INTO public.schema_migrations VALUES ('0007_rebuilding.sql', 'dd5e41eaa9ed0e7458d6aa1dcb81276c55130efa59b036efac70bc9e5bfbb87b', '2026-11-30 10:29:19.171217+00');
INSERT INTO public.schema_migrations VALUES ('0008_rollups.sql', '5827dbedeb2e0e08987e4a0aa714d365973a52c29300d03a1d04c48f12e9d95b', '2026-11-30 10:29:19.171217+00');
INSERT INTO public.schema_migrations VALUES ('0009_archives.sql', '2e322f9b3a5309838f39c4ab276cc8b54571830d7dc7a0a6be6616ab0e146051', '2026-11-30 10:29:19.171217+00');
INSERT INTO public.schema_migrations VALUES ('0010_callers.sql', '0e1387b8098d6fa9e49b75da01fe1546ab49a306d34d47d1deec46edb1ab56b4', '2026-11-30 10:29:19.171217+00');
INSERT INTO public.set_aside OVERRIDING SYSTEM VALUE VALUES (1, 'b7fcad5b-c925-4106-8929-9f78952374e3', 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'unknownEpoch', 'epoch 9 was never issued', 9, 1, '\xa5000101090201031a589867b8048401518519044c1a6b0d4dab010065302e312e30024a831904b01a6b0d4dab02', '\x5c4da0abdbe3a3c3b18487dca961a08f4fdbbe5ccad572b78d926cc261f03951', 1, '2026-11-30 10:29:22.362247+00');
INSERT INTO public.set_aside OVERRIDING SYSTEM VALUE VALUES (2, '5670973a-bb15-4a63-b358-066526390daf', 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'unknownEpoch', 'epoch 9 was never issued', 9, 1, '\xa5000101090201031a589867b8048401518519044c1a6b0d4dab010065302e312e30024a831904b01a6b0d4dab02', '\x5c4da0abdbe3a3c3b18487dca961a08f4fdbbe5ccad572b78d926cc261f03951', 1, '2026-11-30 10:29:22.647489+00');
INSERT INTO public.sync_cursors VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', 1, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 36, 1763841046, false, 1, 1789999999900, 2, '2026-11-30 10:29:22.06+00', 0, 35, 'cd280ed8-48eb-8818-9eed-b72e557c2241', '2026-11-30 10:29:22.06+00', false, '2026-11-30 10:29:22.066253+00', 0, 0, NULL, NULL);
INSERT INTO public.sync_cursors VALUES ('5670973a-bb15-4a63-b358-066526390daf', 1, 'e7a153e0-a77a-42ff-928a-3d29a874242c', 36, 1763841046, false, 1, 1789999999900, 2, '2026-11-30 10:29:22.477+00', 0, 35, '42e87874-fbd8-8653-a9bf-9966b8aace7d', '2026-11-30 10:29:22.477+00', false, '2026-11-30 10:29:22.482816+00', 0, 0, NULL, NULL);
INSERT INTO public.telemetry_y2026m11 VALUES ('b7fcad5b-c925-4106-8929-9f78952374e3', '2026-11-30 10:29:22.304+00', 1, 1, '\xaf000101010201030104183c0501064206030718af080109800a6449444c450b18190d4400141e2d12021300', 'IDLE', NULL, 175, 1);
INSERT INTO public.telemetry_y2026m11 VALUES ('5670973a-bb15-4a63-b358-066526390daf', '2026-11-30 10:29:22.629+00', 1, 1, '\xaf000101010201030104183c0501064206030718af080109800a6449444c450b18190d4400141e2d12021300', 'IDLE', NULL, 175, 1);
INSERT INTO public.transactions_y2026m11 VALUES ('563fc413-d38f-8603-b561-da58c1f0af22', '2026-11-30 10:29:22.06+00', 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'b7fcad5b-c925-4106-8929-9f78952374e3', 'B4', 'fff98305-5bb3-4e06-96b7-88c5504051d8', 7, 1, 1.750, 2.000, 0.250, 'USD', 0.000000, 'cash', NULL, 'completed', '2026-11-30 10:29:22.06+00', '2026-09-21 14:13:21.7+00', 'received', 1, 1, 8, false);
INSERT INTO public.transactions_y2026m11 VALUES ('8c0e373a-2425-80ac-babb-ece2f146ef98', '2026-11-30 10:29:22.06+00', 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'b7fcad5b-c925-4106-8929-9f78952374e3', 'B4', 'fff98305-5bb3-4e06-96b7-88c5504051d8', 7, 1, 1.750, 2.000, 0.250, 'USD', 0.000000, 'cash', NULL, 'completed', '2026-11-30 10:29:22.06+00', '2026-09-21 14:13:22.5+00', 'received', 2, 1, 16, false);
INSERT INTO public.transactions_y2026m11 VALUES ('2746ed2c-6b78-8949-b61b-61042a9f0d20', '2026-11-30 10:29:22.06+00', 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'b7fcad5b-c925-4106-8929-9f78952374e3', 'B4', 'fff98305-5bb3-4e06-96b7-88c5504051d8', 7, 1, 1.750, 2.000, 0.250, 'USD', 0.000000, 'cash', NULL, 'completed', '2026-11-30 10:29:22.06+00', '2026-09-21 14:13:23.3+00', 'received', 3, 1, 24, false);
INSERT INTO public.transactions_y2026m11 VALUES ('cd280ed8-48eb-8818-9eed-b72e557c2241', '2026-11-30 10:29:22.06+00', 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'b7fcad5b-c925-4106-8929-9f78952374e3', 'B4', NULL, 99, 1, 1.750, 2.000, 0.250, 'USD', 0.000000, 'cash', NULL, 'completed', '2026-11-30 10:29:22.06+00', '2026-09-21 14:13:24.2+00', 'received', 4, 1, 34, false);
INSERT INTO public.transactions_y2026m11 VALUES ('a0655606-b0dc-85a7-9714-379dc6068221', '2026-11-30 10:29:22.477+00', 'e7a153e0-a77a-42ff-928a-3d29a874242c', '5670973a-bb15-4a63-b358-066526390daf', 'B4', 'fff98305-5bb3-4e06-96b7-88c5504051d8', 7, 1, 1.750, 2.000, 0.250, 'USD', 0.000000, 'cash', NULL, 'completed', '2026-11-30 10:29:22.477+00', '2026-09-21 14:13:21.7+00', 'received', 1, 1, 8, false);
INSERT INTO public.transactions_y2026m11 VALUES ('e39fe940-212f-85a9-9558-42f8cdaa2430', '2026-11-30 10:29:22.477+00', 'e7a153e0-a77a-42ff-928a-3d29a874242c', '5670973a-bb15-4a63-b358-066526390daf', 'B4', 'fff98305-5bb3-4e06-96b7-88c5504051d8', 7, 1, 1.750, 2.000, 0.250, 'USD', 0.000000, 'cash', NULL, 'completed', '2026-11-30 10:29:22.477+00', '2026-09-21 14:13:22.5+00', 'received', 2, 1, 16, false);
INSERT INTO public.transactions_y2026m11 VALUES ('74cf51fb-f2e1-8141-a3b2-04b773ba914c', '2026-11-30 10:29:22.477+00', 'e7a153e0-a77a-42ff-928a-3d29a874242c', '5670973a-bb15-4a63-b358-066526390daf', 'B4', 'fff98305-5bb3-4e06-96b7-88c5504051d8', 7, 1, 1.750, 2.000, 0.250, 'USD', 0.000000, 'cash', NULL, 'completed', '2026-11-30 10:29:22.477+00', '2026-09-21 14:13:23.3+00', 'received', 3, 1, 24, false);
INSERT INTO public.transactions_y2026m11 VALUES ('42e87874-fbd8-8653-a9bf-9966b8aace7d', '2026-11-30 10:29:22.477+00', 'e7a153e0-a77a-42ff-928a-3d29a874242c', '5670973a-bb15-4a63-b358-066526390daf', 'B4', NULL, 99, 1, 1.750, 2.000, 0.250, 'USD', 0.000000, 'cash', NULL, 'completed', '2026-11-30 10:29:22.477+00', '2026-09-21 14:13:24.2+00', 'received', 4, 1, 34, false);
INSERT INTO public.users VALUES ('b45d56b8-560b-45e5-ba7e-e544c57c473b', 'e7a153e0-a77a-42ff-928a-3d29a874242c', 'operator', '$argon2id$v=19$m=19456,t=2,p=1$oX8vZTkbiiTkcbi/pDHsXQ$Vu4P2O+rMZq5fRLxaxpK4t/u/xA/quVsT85LXBaN5dY', 'owner', '2026-11-30 10:29:21.918888+00');
SELECT pg_catalog.setval('public.audit_log_id_seq', 1, false);
SELECT pg_catalog.setval('public.set_aside_id_seq', 2, true);
ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_operator_id_name_key UNIQUE (operator_id, name);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.archives
    ADD CONSTRAINT archives_pkey PRIMARY KEY (operator_id, month);
ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.fleet_settings
    ADD CONSTRAINT fleet_settings_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.ledger_records
    ADD CONSTRAINT ledger_records_pkey PRIMARY KEY (machine_id, epoch, seq);
ALTER TABLE ONLY public.ledger_records_0
    ADD CONSTRAINT ledger_records_0_pkey PRIMARY KEY (machine_id, epoch, seq);
ALTER TABLE ONLY public.ledger_records_1
    ADD CONSTRAINT ledger_records_1_pkey PRIMARY KEY (machine_id, epoch, seq);
ALTER TABLE ONLY public.ledger_records_2
    ADD CONSTRAINT ledger_records_2_pkey PRIMARY KEY (machine_id, epoch, seq);
ALTER TABLE ONLY public.ledger_records_3
    ADD CONSTRAINT ledger_records_3_pkey PRIMARY KEY (machine_id, epoch, seq);
ALTER TABLE ONLY public.locations
    ADD CONSTRAINT locations_operator_id_name_key UNIQUE (operator_id, name);
ALTER TABLE ONLY public.locations
    ADD CONSTRAINT locations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.machine_faults
    ADD CONSTRAINT machine_faults_pkey PRIMARY KEY (machine_id, epoch, raised_seq);
ALTER TABLE ONLY public.machine_owners
    ADD CONSTRAINT machine_owners_pkey PRIMARY KEY (machine_id, from_at);
ALTER TABLE ONLY public.machine_slots
    ADD CONSTRAINT machine_slots_pkey PRIMARY KEY (machine_id, slot_code);
ALTER TABLE ONLY public.machines
    ADD CONSTRAINT machines_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.machines
    ADD CONSTRAINT machines_serial_number_key UNIQUE (serial_number);
ALTER TABLE ONLY public.operators
    ADD CONSTRAINT operators_name_key UNIQUE (name);
ALTER TABLE ONLY public.operators
    ADD CONSTRAINT operators_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_machine_id_epoch_counter_key UNIQUE (machine_id, epoch, counter);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.payments
    ADD CONSTRAINT payments_pkey PRIMARY KEY (machine_id, epoch, seq);
ALTER TABLE ONLY public.planograms
    ADD CONSTRAINT planograms_pkey PRIMARY KEY (machine_id, version);
ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_operator_id_number_key UNIQUE (operator_id, number);
ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sales_days
    ADD CONSTRAINT sales_days_pkey PRIMARY KEY (machine_id, day, operator_id, currency, payment_method);
ALTER TABLE ONLY public.sales_quarters
    ADD CONSTRAINT sales_quarters_pkey PRIMARY KEY (machine_id, quarter, operator_id, currency, payment_method);
ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.set_aside
    ADD CONSTRAINT set_aside_machine_id_digest_key UNIQUE (machine_id, digest);
ALTER TABLE ONLY public.set_aside
    ADD CONSTRAINT set_aside_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sync_cursors
    ADD CONSTRAINT sync_cursors_pkey PRIMARY KEY (machine_id, epoch);
ALTER TABLE ONLY public.transactions
    ADD CONSTRAINT transactions_pkey PRIMARY KEY (id, booked_at);
ALTER TABLE ONLY public.transactions_default
    ADD CONSTRAINT transactions_default_pkey PRIMARY KEY (id, booked_at);
ALTER TABLE ONLY public.transactions_y2026m10
    ADD CONSTRAINT transactions_y2026m10_pkey PRIMARY KEY (id, booked_at);
ALTER TABLE ONLY public.transactions_y2026m11
    ADD CONSTRAINT transactions_y2026m11_pkey PRIMARY KEY (id, booked_at);
ALTER TABLE ONLY public.transactions_y2026m12
    ADD CONSTRAINT transactions_y2026m12_pkey PRIMARY KEY (id, booked_at);
ALTER TABLE ONLY public.transactions_y2027m01
    ADD CONSTRAINT transactions_y2027m01_pkey PRIMARY KEY (id, booked_at);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_name_key UNIQUE (name);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.visits
    ADD CONSTRAINT visits_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.voucher_redemptions
    ADD CONSTRAINT voucher_redemptions_pkey PRIMARY KEY (machine_id, epoch, code);
CREATE UNIQUE INDEX alerts_open ON public.alerts USING btree (machine_id, rule, COALESCE(slot_code, ''::character varying)) WHERE (resolved_at IS NULL);
CREATE INDEX alerts_operator ON public.alerts USING btree (operator_id, opened_at DESC);
CREATE INDEX audit_log_operator ON public.audit_log USING btree (operator_id, id DESC);
CREATE INDEX ledger_records_flagged ON ONLY public.ledger_records USING btree (received_at) WHERE (flag IS NOT NULL);
CREATE INDEX ledger_records_0_received_at_idx ON public.ledger_records_0 USING btree (received_at) WHERE (flag IS NOT NULL);
CREATE INDEX ledger_records_1_received_at_idx ON public.ledger_records_1 USING btree (received_at) WHERE (flag IS NOT NULL);
CREATE INDEX ledger_records_2_received_at_idx ON public.ledger_records_2 USING btree (received_at) WHERE (flag IS NOT NULL);
CREATE INDEX ledger_records_3_received_at_idx ON public.ledger_records_3 USING btree (received_at) WHERE (flag IS NOT NULL);
CREATE UNIQUE INDEX machine_faults_open ON public.machine_faults USING btree (machine_id, fault, COALESCE(slot_code, ''::character varying)) WHERE (cleared_at IS NULL);
CREATE INDEX machine_faults_operator ON public.machine_faults USING btree (operator_id, raised_at DESC);
CREATE INDEX machines_last_heartbeat ON public.machines USING btree (last_heartbeat);
CREATE INDEX machines_location ON public.machines USING btree (location_id);
CREATE INDEX machines_operator ON public.machines USING btree (operator_id, serial_number);
CREATE INDEX machines_serial_number ON public.machines USING btree (serial_number);
CREATE INDEX orders_operator ON public.orders USING btree (operator_id, created_at DESC);
CREATE INDEX orders_waiting ON public.orders USING btree (machine_id) WHERE ((state)::text = ANY ((ARRAY['QUEUED'::character varying, 'SENT'::character varying])::text[]));
CREATE INDEX payments_transaction ON public.payments USING btree (transaction_id);
CREATE INDEX payments_unlinked ON public.payments USING btree (machine_id, epoch, seq) WHERE (transaction_id IS NULL);
CREATE INDEX payments_voucher ON public.payments USING btree (machine_id, epoch, reference) WHERE ((kind)::text = 'voucher'::text);
CREATE INDEX products_sku ON public.products USING btree (sku);
CREATE INDEX sales_days_operator ON public.sales_days USING btree (operator_id, day) INCLUDE (currency, simulated, sales, amount);
CREATE INDEX sales_quarters_dirty ON public.sales_quarters USING btree (machine_id, quarter) WHERE dirty;
CREATE INDEX sessions_expiry ON public.sessions USING btree (expires_at);
CREATE INDEX telemetry_machine ON ONLY public.telemetry USING btree (machine_id, received_at DESC);
CREATE INDEX telemetry_default_machine_id_received_at_idx ON public.telemetry_default USING btree (machine_id, received_at DESC);
CREATE INDEX telemetry_y2026m10_machine_id_received_at_idx ON public.telemetry_y2026m10 USING btree (machine_id, received_at DESC);
CREATE INDEX telemetry_y2026m11_machine_id_received_at_idx ON public.telemetry_y2026m11 USING btree (machine_id, received_at DESC);
CREATE INDEX telemetry_y2026m12_machine_id_received_at_idx ON public.telemetry_y2026m12 USING btree (machine_id, received_at DESC);
CREATE INDEX telemetry_y2027m01_machine_id_received_at_idx ON public.telemetry_y2027m01 USING btree (machine_id, received_at DESC);
CREATE INDEX transactions_dispensed_at ON ONLY public.transactions USING btree (dispensed_at);
CREATE INDEX transactions_default_dispensed_at_idx ON public.transactions_default USING btree (dispensed_at);
CREATE INDEX transactions_machine ON ONLY public.transactions USING btree (machine_id, booked_at DESC, seq DESC, id DESC);
CREATE INDEX transactions_default_machine_id_booked_at_seq_id_idx ON public.transactions_default USING btree (machine_id, booked_at DESC, seq DESC, id DESC);
CREATE INDEX transactions_operator ON ONLY public.transactions USING btree (operator_id, booked_at DESC, seq DESC, id DESC);
CREATE INDEX transactions_default_operator_id_booked_at_seq_id_idx ON public.transactions_default USING btree (operator_id, booked_at DESC, seq DESC, id DESC);
CREATE INDEX transactions_y2026m10_dispensed_at_idx ON public.transactions_y2026m10 USING btree (dispensed_at);
CREATE INDEX transactions_y2026m10_machine_id_booked_at_seq_id_idx ON public.transactions_y2026m10 USING btree (machine_id, booked_at DESC, seq DESC, id DESC);
CREATE INDEX transactions_y2026m10_operator_id_booked_at_seq_id_idx ON public.transactions_y2026m10 USING btree (operator_id, booked_at DESC, seq DESC, id DESC);
CREATE INDEX transactions_y2026m11_dispensed_at_idx ON public.transactions_y2026m11 USING btree (dispensed_at);
CREATE INDEX transactions_y2026m11_machine_id_booked_at_seq_id_idx ON public.transactions_y2026m11 USING btree (machine_id, booked_at DESC, seq DESC, id DESC);
CREATE INDEX transactions_y2026m11_operator_id_booked_at_seq_id_idx ON public.transactions_y2026m11 USING btree (operator_id, booked_at DESC, seq DESC, id DESC);
CREATE INDEX transactions_y2026m12_dispensed_at_idx ON public.transactions_y2026m12 USING btree (dispensed_at);
CREATE INDEX transactions_y2026m12_machine_id_booked_at_seq_id_idx ON public.transactions_y2026m12 USING btree (machine_id, booked_at DESC, seq DESC, id DESC);
CREATE INDEX transactions_y2026m12_operator_id_booked_at_seq_id_idx ON public.transactions_y2026m12 USING btree (operator_id, booked_at DESC, seq DESC, id DESC);
CREATE INDEX transactions_y2027m01_dispensed_at_idx ON public.transactions_y2027m01 USING btree (dispensed_at);
CREATE INDEX transactions_y2027m01_machine_id_booked_at_seq_id_idx ON public.transactions_y2027m01 USING btree (machine_id, booked_at DESC, seq DESC, id DESC);
CREATE INDEX transactions_y2027m01_operator_id_booked_at_seq_id_idx ON public.transactions_y2027m01 USING btree (operator_id, booked_at DESC, seq DESC, id DESC);
CREATE INDEX visits_machine ON public.visits USING btree (machine_id, started_at DESC);
CREATE INDEX visits_operator ON public.visits USING btree (operator_id, started_at DESC);
CREATE INDEX voucher_redemptions_operator ON public.voucher_redemptions USING btree (operator_id, requested_at DESC);
ALTER INDEX public.ledger_records_pkey ATTACH PARTITION public.ledger_records_0_pkey;
ALTER INDEX public.ledger_records_flagged ATTACH PARTITION public.ledger_records_0_received_at_idx;
ALTER INDEX public.ledger_records_pkey ATTACH PARTITION public.ledger_records_1_pkey;
ALTER INDEX public.ledger_records_flagged ATTACH PARTITION public.ledger_records_1_received_at_idx;
ALTER INDEX public.ledger_records_pkey ATTACH PARTITION public.ledger_records_2_pkey;
ALTER INDEX public.ledger_records_flagged ATTACH PARTITION public.ledger_records_2_received_at_idx;
ALTER INDEX public.ledger_records_pkey ATTACH PARTITION public.ledger_records_3_pkey;
ALTER INDEX public.ledger_records_flagged ATTACH PARTITION public.ledger_records_3_received_at_idx;
ALTER INDEX public.telemetry_machine ATTACH PARTITION public.telemetry_default_machine_id_received_at_idx;
ALTER INDEX public.telemetry_machine ATTACH PARTITION public.telemetry_y2026m10_machine_id_received_at_idx;
ALTER INDEX public.telemetry_machine ATTACH PARTITION public.telemetry_y2026m11_machine_id_received_at_idx;
ALTER INDEX public.telemetry_machine ATTACH PARTITION public.telemetry_y2026m12_machine_id_received_at_idx;
ALTER INDEX public.telemetry_machine ATTACH PARTITION public.telemetry_y2027m01_machine_id_received_at_idx;
ALTER INDEX public.transactions_dispensed_at ATTACH PARTITION public.transactions_default_dispensed_at_idx;
ALTER INDEX public.transactions_machine ATTACH PARTITION public.transactions_default_machine_id_booked_at_seq_id_idx;
ALTER INDEX public.transactions_operator ATTACH PARTITION public.transactions_default_operator_id_booked_at_seq_id_idx;
ALTER INDEX public.transactions_pkey ATTACH PARTITION public.transactions_default_pkey;
ALTER INDEX public.transactions_dispensed_at ATTACH PARTITION public.transactions_y2026m10_dispensed_at_idx;
ALTER INDEX public.transactions_machine ATTACH PARTITION public.transactions_y2026m10_machine_id_booked_at_seq_id_idx;
ALTER INDEX public.transactions_operator ATTACH PARTITION public.transactions_y2026m10_operator_id_booked_at_seq_id_idx;
ALTER INDEX public.transactions_pkey ATTACH PARTITION public.transactions_y2026m10_pkey;
ALTER INDEX public.transactions_dispensed_at ATTACH PARTITION public.transactions_y2026m11_dispensed_at_idx;
ALTER INDEX public.transactions_machine ATTACH PARTITION public.transactions_y2026m11_machine_id_booked_at_seq_id_idx;
ALTER INDEX public.transactions_operator ATTACH PARTITION public.transactions_y2026m11_operator_id_booked_at_seq_id_idx;
ALTER INDEX public.transactions_pkey ATTACH PARTITION public.transactions_y2026m11_pkey;
ALTER INDEX public.transactions_dispensed_at ATTACH PARTITION public.transactions_y2026m12_dispensed_at_idx;
ALTER INDEX public.transactions_machine ATTACH PARTITION public.transactions_y2026m12_machine_id_booked_at_seq_id_idx;
ALTER INDEX public.transactions_operator ATTACH PARTITION public.transactions_y2026m12_operator_id_booked_at_seq_id_idx;
ALTER INDEX public.transactions_pkey ATTACH PARTITION public.transactions_y2026m12_pkey;
ALTER INDEX public.transactions_dispensed_at ATTACH PARTITION public.transactions_y2027m01_dispensed_at_idx;
ALTER INDEX public.transactions_machine ATTACH PARTITION public.transactions_y2027m01_machine_id_booked_at_seq_id_idx;
ALTER INDEX public.transactions_operator ATTACH PARTITION public.transactions_y2027m01_operator_id_booked_at_seq_id_idx;
ALTER INDEX public.transactions_pkey ATTACH PARTITION public.transactions_y2027m01_pkey;
CREATE TRIGGER location_changed AFTER UPDATE ON public.locations FOR EACH ROW EXECUTE FUNCTION public.location_moves_machines();
ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_acknowledged_by_fkey FOREIGN KEY (acknowledged_by) REFERENCES public.users(id);
ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_assigned_to_fkey FOREIGN KEY (assigned_to) REFERENCES public.users(id);
ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_machine_id_fkey FOREIGN KEY (machine_id) REFERENCES public.machines(id);
ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operators(id);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.users(id);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operators(id);
ALTER TABLE ONLY public.archives
    ADD CONSTRAINT archives_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operators(id);
ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES public.api_keys(id);
ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operators(id);
ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.locations
    ADD CONSTRAINT locations_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operators(id);
ALTER TABLE ONLY public.machine_owners
    ADD CONSTRAINT machine_owners_machine_id_fkey FOREIGN KEY (machine_id) REFERENCES public.machines(id);
ALTER TABLE ONLY public.machine_owners
    ADD CONSTRAINT machine_owners_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operators(id);
ALTER TABLE ONLY public.machine_slots
    ADD CONSTRAINT machine_slots_machine_id_fkey FOREIGN KEY (machine_id) REFERENCES public.machines(id);
ALTER TABLE ONLY public.machine_slots
    ADD CONSTRAINT machine_slots_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operators(id);
ALTER TABLE ONLY public.machine_slots
    ADD CONSTRAINT machine_slots_product_id_fkey FOREIGN KEY (product_id) REFERENCES public.products(id);
ALTER TABLE ONLY public.machines
    ADD CONSTRAINT machines_location_id_fkey FOREIGN KEY (location_id) REFERENCES public.locations(id);
ALTER TABLE ONLY public.machines
    ADD CONSTRAINT machines_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operators(id);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.users(id);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_machine_id_fkey FOREIGN KEY (machine_id) REFERENCES public.machines(id);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operators(id);
ALTER TABLE ONLY public.planograms
    ADD CONSTRAINT planograms_created_by_fkey FOREIGN KEY (created_by) REFERENCES public.users(id);
ALTER TABLE ONLY public.planograms
    ADD CONSTRAINT planograms_machine_id_fkey FOREIGN KEY (machine_id) REFERENCES public.machines(id);
ALTER TABLE ONLY public.planograms
    ADD CONSTRAINT planograms_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operators(id);
ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operators(id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operators(id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.sync_cursors
    ADD CONSTRAINT sync_cursors_machine_id_fkey FOREIGN KEY (machine_id) REFERENCES public.machines(id);
ALTER TABLE ONLY public.sync_cursors
    ADD CONSTRAINT sync_cursors_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operators(id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operators(id);
ALTER TABLE ONLY public.visits
    ADD CONSTRAINT visits_machine_id_fkey FOREIGN KEY (machine_id) REFERENCES public.machines(id);
ALTER TABLE ONLY public.visits
    ADD CONSTRAINT visits_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operators(id);
ALTER TABLE ONLY public.visits
    ADD CONSTRAINT visits_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);
ALTER TABLE ONLY public.voucher_redemptions
    ADD CONSTRAINT voucher_redemptions_machine_id_fkey FOREIGN KEY (machine_id) REFERENCES public.machines(id);
ALTER TABLE ONLY public.voucher_redemptions
    ADD CONSTRAINT voucher_redemptions_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operators(id);
ALTER TABLE ONLY public.voucher_redemptions
    ADD CONSTRAINT voucher_redemptions_requested_by_fkey FOREIGN KEY (requested_by) REFERENCES public.users(id);
ALTER TABLE ONLY public.voucher_redemptions
    ADD CONSTRAINT voucher_redemptions_requested_key_fkey FOREIGN KEY (requested_key) REFERENCES public.api_keys(id);
ALTER TABLE public.alerts ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.archives ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY ingest ON public.alerts TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.api_keys TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.archives TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.audit_log TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.ledger_records TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.locations TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.machine_faults TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.machine_owners TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.machine_slots TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.machines TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.operators TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.orders TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.payments TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.planograms TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.products TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.sales_days TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.sales_quarters TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.sessions TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.set_aside TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.sync_cursors TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.transactions TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.users TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.visits TO spiral_ingest USING (true) WITH CHECK (true);
CREATE POLICY ingest ON public.voucher_redemptions TO spiral_ingest USING (true) WITH CHECK (true);
ALTER TABLE public.ledger_records ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.locations ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.machine_faults ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.machine_owners ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.machine_slots ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.machines ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.operators ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY owner ON public.alerts TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.api_keys TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.archives TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.audit_log TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.ledger_records TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.locations TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.machine_faults TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.machine_owners TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.machine_slots TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.machines TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.operators TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.orders TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.payments TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.planograms TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.products TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.sales_days TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.sales_quarters TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.sessions TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.set_aside TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.sync_cursors TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.transactions TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.users TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.visits TO spiral_migrate USING (true) WITH CHECK (true);
CREATE POLICY owner ON public.voucher_redemptions TO spiral_migrate USING (true) WITH CHECK (true);
ALTER TABLE public.payments ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.planograms ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.products ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.sales_days ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.sales_quarters ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.set_aside ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.sync_cursors ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON public.alerts TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.api_keys TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.archives TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.audit_log TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.ledger_records TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.locations TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.machine_faults TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.machine_owners TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.machine_slots TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.machines TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.operators TO spiral_app USING ((id = public.tenant())) WITH CHECK ((id = public.tenant()));
CREATE POLICY tenant ON public.orders TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.payments TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.planograms TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.products TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.sales_days TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.sales_quarters TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.sessions TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.set_aside TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.sync_cursors TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.transactions TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.users TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.visits TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
CREATE POLICY tenant ON public.voucher_redemptions TO spiral_app USING ((operator_id = public.tenant())) WITH CHECK ((operator_id = public.tenant()));
ALTER TABLE public.transactions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.visits ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.voucher_redemptions ENABLE ROW LEVEL SECURITY;
GRANT USAGE ON SCHEMA public TO spiral_ingest;
GRANT USAGE ON SCHEMA public TO spiral_app;
REVOKE ALL ON FUNCTION public.end_session(hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.end_session(hash bytea) TO spiral_app;
REVOKE ALL ON FUNCTION public.find_session(hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_session(hash bytea) TO spiral_app;
REVOKE ALL ON FUNCTION public.find_user(wanted text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_user(wanted text) TO spiral_app;
REVOKE ALL ON PROCEDURE public.protect_tenants(IN target regclass, IN owner_column name) FROM PUBLIC;
GRANT SELECT,INSERT,UPDATE ON TABLE public.alerts TO spiral_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.alerts TO spiral_ingest;
GRANT SELECT,INSERT,UPDATE ON TABLE public.api_keys TO spiral_app;
GRANT SELECT ON TABLE public.archives TO spiral_app;
GRANT SELECT,INSERT ON TABLE public.audit_log TO spiral_app;
GRANT SELECT ON TABLE public.fleet_settings TO spiral_ingest;
GRANT SELECT ON TABLE public.fleet_settings TO spiral_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.ledger_records TO spiral_ingest;
GRANT SELECT,INSERT,UPDATE ON TABLE public.locations TO spiral_app;
GRANT SELECT ON TABLE public.locations TO spiral_ingest;
GRANT SELECT,INSERT,UPDATE ON TABLE public.machine_faults TO spiral_ingest;
GRANT SELECT ON TABLE public.machine_faults TO spiral_app;
GRANT SELECT ON TABLE public.machine_owners TO spiral_app;
GRANT SELECT ON TABLE public.machine_owners TO spiral_ingest;
GRANT SELECT,INSERT,UPDATE ON TABLE public.machine_slots TO spiral_ingest;
GRANT SELECT ON TABLE public.machine_slots TO spiral_app;
GRANT SELECT ON TABLE public.machines TO spiral_ingest;
GRANT SELECT ON TABLE public.machines TO spiral_app;
GRANT UPDATE(location_name) ON TABLE public.machines TO spiral_app;
GRANT UPDATE(latitude) ON TABLE public.machines TO spiral_app;
GRANT UPDATE(longitude) ON TABLE public.machines TO spiral_app;
GRANT UPDATE(time_zone) ON TABLE public.machines TO spiral_app;
GRANT UPDATE(model) ON TABLE public.machines TO spiral_ingest;
GRANT UPDATE(firmware_version) ON TABLE public.machines TO spiral_ingest;
GRANT UPDATE(status) ON TABLE public.machines TO spiral_ingest;
GRANT UPDATE(last_heartbeat) ON TABLE public.machines TO spiral_ingest;
GRANT UPDATE(online) ON TABLE public.machines TO spiral_ingest;
GRANT UPDATE(birth_epoch) ON TABLE public.machines TO spiral_ingest;
GRANT UPDATE(birth_boot) ON TABLE public.machines TO spiral_ingest;
GRANT UPDATE(birth_connection) ON TABLE public.machines TO spiral_ingest;
GRANT UPDATE(door_open) ON TABLE public.machines TO spiral_ingest;
GRANT UPDATE(uptime_boot) ON TABLE public.machines TO spiral_ingest;
GRANT UPDATE(uptime_began_at) ON TABLE public.machines TO spiral_ingest;
GRANT UPDATE(location_id) ON TABLE public.machines TO spiral_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.telemetry TO spiral_ingest;
GRANT SELECT ON TABLE public.machine_telemetry TO spiral_app;
GRANT SELECT ON TABLE public.operators TO spiral_ingest;
GRANT SELECT ON TABLE public.operators TO spiral_app;
GRANT SELECT ON TABLE public.orders TO spiral_app;
GRANT SELECT ON TABLE public.orders TO spiral_ingest;
GRANT UPDATE(state) ON TABLE public.orders TO spiral_ingest;
GRANT UPDATE(result) ON TABLE public.orders TO spiral_ingest;
GRANT UPDATE(sent_at) ON TABLE public.orders TO spiral_ingest;
GRANT UPDATE(answered_at) ON TABLE public.orders TO spiral_ingest;
GRANT SELECT,INSERT,UPDATE ON TABLE public.payments TO spiral_ingest;
GRANT SELECT ON TABLE public.payments TO spiral_app;
GRANT SELECT,INSERT ON TABLE public.planograms TO spiral_app;
GRANT SELECT ON TABLE public.planograms TO spiral_ingest;
GRANT UPDATE(applied_epoch) ON TABLE public.planograms TO spiral_ingest;
GRANT UPDATE(applied_seq) ON TABLE public.planograms TO spiral_ingest;
GRANT UPDATE(applied_at) ON TABLE public.planograms TO spiral_ingest;
GRANT SELECT ON TABLE public.products TO spiral_ingest;
GRANT SELECT ON TABLE public.products TO spiral_app;
GRANT SELECT ON TABLE public.sales_days TO spiral_app;
GRANT SELECT ON TABLE public.sales_quarters TO spiral_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.sales_quarters TO spiral_ingest;
GRANT SELECT,INSERT ON TABLE public.sessions TO spiral_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.set_aside TO spiral_ingest;
GRANT SELECT,INSERT,UPDATE ON TABLE public.sync_cursors TO spiral_ingest;
GRANT SELECT ON TABLE public.sync_cursors TO spiral_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.transactions TO spiral_ingest;
GRANT SELECT ON TABLE public.transactions TO spiral_app;
GRANT SELECT(id) ON TABLE public.users TO spiral_app;
GRANT SELECT(operator_id) ON TABLE public.users TO spiral_app;
GRANT SELECT(name) ON TABLE public.users TO spiral_app;
GRANT SELECT(role) ON TABLE public.users TO spiral_app;
GRANT SELECT(created_at) ON TABLE public.users TO spiral_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.visits TO spiral_app;
GRANT SELECT,INSERT ON TABLE public.voucher_redemptions TO spiral_app;
GRANT SELECT ON TABLE public.voucher_redemptions TO spiral_ingest;
GRANT UPDATE(state) ON TABLE public.voucher_redemptions TO spiral_ingest;
GRANT UPDATE(redeemed_at) ON TABLE public.voucher_redemptions TO spiral_ingest;
