/**
 * The table of the fleet service's settings: environment variable by variable, with default, limits and meaning.
 * `config.ts` reads them.
 */
import Type from "typebox";

export const PORT_LIMITS = { minimum: 0, maximum: 65_535 } as const;

/** `description` is the documentation. */
export const Environment = Type.Object({
  SPIRAL_ROLES: Type.String({
    default: "api,ingest,jobs",
    pattern: "^ *(api|ingest|jobs)( *, *(api|ingest|jobs))* *$",
    description:
      "What this process does, of api, ingest and jobs. Fewer than all need servers of others: SPIRAL_DATABASE_URL, " +
      "for ingest SPIRAL_MQTT_URL too, and SPIRAL_REDIS_URL where api and ingest are apart.",
  }),
  SPIRAL_HOST: Type.String({
    default: "127.0.0.1",
    pattern: "^(127\\.[0-9]+\\.[0-9]+\\.[0-9]+|::1|localhost)$",
    description: "Address to listen on. Only loopback: another address needs TLS, which a proxy in front gives.",
  }),
  SPIRAL_HTTP_PORT: Type.Integer({
    ...PORT_LIMITS,
    default: 8080,
    description: "Port of pages and API; 0 takes a free one.",
  }),
  SPIRAL_TRUSTED_PROXIES: Type.String({
    default: "",
    description:
      "Proxies in front, as IP addresses or ranges (10.0.0.0/8) with commas between: whoever one of them names last " +
      "in X-Forwarded-For is taken for who asks. Empty: nobody is believed, and who comes by a proxy counts as it.",
  }),
  SPIRAL_MQTT_PORT: Type.Integer({
    ...PORT_LIMITS,
    default: 1883,
    description: "Port of the embedded MQTT broker; 0 takes a free one.",
  }),
  SPIRAL_DATABASE_PORT: Type.Integer({
    ...PORT_LIMITS,
    default: 0,
    description: "Port of the embedded PostgreSQL; 0 takes a free one.",
  }),
  SPIRAL_DATA_DIR: Type.String({
    default: "",
    description:
      "Folder of the embedded database and the secrets. Default: /var/lib/spiral as root, else ~/.local/share/spiral.",
  }),
  SPIRAL_DATABASE_URL: Type.String({
    default: "",
    pattern: "^(postgres(ql)?://.+)?$",
    description:
      "PostgreSQL 15 to 18 to use instead of the embedded one: the login that owns the tables. With ?host=/folder it " +
      "is reached through the Unix socket there, which costs less than TCP.",
  }),
  SPIRAL_DATABASE_INGEST_URL: Type.String({
    default: "",
    pattern: "^(postgres(ql)?://.+)?$",
    description: "Login of role spiral_ingest; default: SPIRAL_DATABASE_URL with that role set.",
  }),
  SPIRAL_DATABASE_APP_URL: Type.String({
    default: "",
    pattern: "^(postgres(ql)?://.+)?$",
    description: "Login of role spiral_app; default: SPIRAL_DATABASE_URL with that role set.",
  }),
  SPIRAL_MQTT_URL: Type.String({
    default: "",
    pattern: "^(mqtts?://.+)?$",
    description: "MQTT broker to use instead of the embedded one: mqtt[s]://user:password@host:port.",
  }),
  SPIRAL_MQTT_TLS_PORT: Type.String({
    default: "",
    pattern: "^([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])?$",
    description:
      "Port where the embedded broker takes machines by certificate (TLS); 0 takes a free one, empty opens none.",
  }),
  SPIRAL_MQTT_TLS_HOST: Type.String({
    default: "127.0.0.1",
    description: "IP address of that port. May be other than loopback: who has no certificate of ours is not let in.",
  }),
  SPIRAL_MACHINE_BROKER: Type.String({
    default: "",
    pattern: "^([A-Za-z0-9.-]{1,253}:[0-9]{1,5})?$",
    description:
      "Broker that machines are told at their claim, host:port; the host is also a name in the embedded broker's " +
      "certificate. Default: SPIRAL_MQTT_TLS_HOST and its port.",
  }),
  SPIRAL_MACHINE_DOOR: Type.String({
    default: "",
    pattern: "^([A-Za-z0-9.-]{1,253}:[0-9]{1,5})?$",
    description:
      "Where machines renew their certificates by HTTPS, host:port, with a certificate of the fleet's authority as " +
      "the broker's: what new boards are told. Empty: they are told none.",
  }),
  SPIRAL_MACHINE_LOGIN: Type.Enum(["passwords", "certificates"], {
    default: "passwords",
    description: "passwords: the embedded broker's port without TLS takes machines by password; certificates: none.",
  }),
  SPIRAL_AUTHORITY_DIR: Type.String({
    default: "",
    description: "Folder of the certificate authorities and their keys. Default: authority in SPIRAL_DATA_DIR.",
  }),
  SPIRAL_REVOCATION_FILE: Type.String({
    default: "",
    description: "File to keep the list of revoked certificates in (PEM), for a broker of others; empty writes none.",
  }),
  SPIRAL_REVOCATION_SIGNAL_PID_FILE: Type.String({
    default: "",
    description:
      "pid_file of a mosquitto on this machine: it gets SIGHUP when that list has changed; empty tells none.",
  }),
  SPIRAL_REDIS_URL: Type.String({
    default: "",
    pattern: "^(rediss?://.+)?$",
    description: "Redis for live state, fan-out and sessions; default: in this process.",
  }),
  SPIRAL_MASTER_KEY: Type.String({
    default: "",
    pattern: "^([0-9a-f]{64})?$",
    description: "Key from which the machines' keys are made, 64 hex digits; default: the file master-key of the data.",
  }),
  SPIRAL_ARCHIVE_DIR: Type.String({
    default: "",
    description: "Folder for months of sales that are taken out of the database. Default: archive in SPIRAL_DATA_DIR.",
  }),
  SPIRAL_S3_URL: Type.String({
    default: "",
    pattern: "^(https?://[^\\s?#@]+)?$",
    description: "Bucket to use instead of that folder: https://BUCKET.s3.REGION.amazonaws.com or https://HOST/BUCKET.",
  }),
  SPIRAL_S3_KEY_ID: Type.String({ default: "", description: "Access key of the bucket: may put, get and list." }),
  SPIRAL_S3_SECRET: Type.String({ default: "", description: "Secret of that key." }),
  SPIRAL_S3_REGION: Type.String({
    default: "us-east-1",
    pattern: "^[a-z0-9-]+$",
    description: "Region that requests to the bucket are signed for.",
  }),
  SPIRAL_HOT_MONTHS: Type.Integer({
    default: 24,
    minimum: 2,
    maximum: 1_200,
    description: "Whole months of sales that stay in the database before the present one.",
  }),
  SPIRAL_TELEMETRY_DAYS: Type.Integer({
    default: 14,
    minimum: 2,
    maximum: 3_650,
    description: "Whole days of single telemetry reports that are kept.",
  }),
  SPIRAL_TELEMETRY_HOURS_DAYS: Type.Integer({
    default: 400,
    minimum: 2,
    maximum: 36_500,
    description: "Whole days of telemetry summed by the hour that are kept.",
  }),
  SPIRAL_PAGES_DIR: Type.String({ default: "", description: "Folder of the built pages; empty serves no pages." }),
  SPIRAL_PUBLIC_URL: Type.String({
    default: "",
    pattern: "^(https?://[^/?#]+(/[^?#]*)?)?$",
    description: "Address under which people reach the pages, for links in e-mails and for signing in elsewhere.",
  }),
  SPIRAL_SMTP_URL: Type.String({
    default: "",
    pattern: "^(smtps?://.+)?$",
    description: "Mail server for alerts and password links: smtp[s]://user:password@host:port; empty sends none.",
  }),
  SPIRAL_MAIL_FROM: Type.String({ default: "Spiral <spiral@localhost>", description: "Sender of our e-mails." }),
  SPIRAL_OIDC_ISSUER: Type.String({
    default: "",
    pattern: "^(https?://.+)?$",
    description:
      "OpenID Connect provider by which people may sign in, too; needs SPIRAL_PUBLIC_URL. http: loopback only.",
  }),
  SPIRAL_OIDC_CLIENT_ID: Type.String({ default: "", description: "Our client id at that provider." }),
  SPIRAL_OIDC_CLIENT_SECRET: Type.String({ default: "", description: "Our secret there; empty for a public client." }),
  SPIRAL_SESSION_HOURS: Type.Integer({
    default: 12,
    minimum: 1,
    maximum: 720,
    description: "Hours until a sign-in ends.",
  }),
  SPIRAL_METRICS_TOKEN: Type.String({
    default: "",
    pattern: "^(\\S{16,200})?$",
    description:
      "Bearer token of GET /metrics; without one only this machine may read them, and not through a proxy in front.",
  }),
  SPIRAL_DRAIN_NOTICE_SECONDS: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 600,
    description:
      "Seconds that /readyz says draining before the service stops taking: until a load balancer has seen it.",
  }),
  SPIRAL_DRAIN_SECONDS: Type.Integer({
    default: 20,
    minimum: 1,
    maximum: 600,
    description: "Seconds at most, after that, to book and answer what was taken; the rest is sent again by machines.",
  }),
  SPIRAL_LOG_LEVEL: Type.Enum(["silent", "fatal", "error", "warn", "info", "debug"], {
    default: "warn",
    description: "Least severity that is logged.",
  }),
});
