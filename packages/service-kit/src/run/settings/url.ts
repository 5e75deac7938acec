// Reads a URL as people write it into a setting. URL itself takes nearly everything, and the
// clients of PostgreSQL, RabbitMQ and Redis take a missing host for localhost. Here a URL says
// where its server is, or is refused.
import { readHost } from "./host.ts";

export interface UrlForm {
  /** The protocols with their colons, such as `["http:", "https:"]`. */
  readonly protocols: readonly string[];
  /** A user and a password may stand in it. */
  readonly credentials?: boolean;
  /** Parameters behind `?` may stand in it. */
  readonly parameters?: boolean;
  /** The form of the path. Without one, any path may stand in the URL. */
  readonly path?: { readonly form: RegExp; readonly expected: string };
  /** A folder with a socket may stand in place of the host, as `%2Fvar%2Frun`. */
  readonly socket?: boolean;
}

export const urlForms = {
  http: { protocols: ["http:", "https:"] },
  router: { protocols: ["ws:", "wss:", "http:", "https:"] },
  postgres: {
    protocols: ["postgres:", "postgresql:"],
    credentials: true,
    parameters: true,
    path: { form: /^(\/[^/]*)?$/, expected: "the name of one database as its path" },
    socket: true,
  },
  rabbitmq: {
    protocols: ["amqp:", "amqps:"],
    credentials: true,
    parameters: true,
    path: { form: /^(\/[^/]*)?$/, expected: "the name of one virtual host as its path" },
  },
  redis: {
    protocols: ["redis:", "rediss:"],
    credentials: true,
    parameters: true,
    path: { form: /^(\/\d{0,5})?$/, expected: "the number of a database as its path" },
  },
} satisfies Record<string, UrlForm>;

/**
 * Says what is wrong with a URL, and gives undefined when nothing is. The text never shows the URL,
 * since that may carry a password.
 */
export function wrongOfUrl(text: string, form: UrlForm): string | undefined {
  const begins = form.protocols.map((protocol) => `${protocol}//`).join(" or ");
  if (!form.protocols.some((protocol) => text.toLowerCase().startsWith(`${protocol}//`)))
    return `expected a URL that begins with ${begins}`;
  // URL drops tabs and line ends and turns a backslash, so that two texts would be one.
  if (/[\s\p{Cc}\p{Cf}\\]/u.test(text)) return "expected a URL without spaces, backslashes and invisible characters";
  if (!URL.canParse(text)) return "expected a URL such as scheme://host:port";
  const url = new URL(text);
  const rest = text.slice(text.indexOf("//") + 2);
  const tail = /[/?#].*$/s.exec(rest)?.[0] ?? "";
  if (tail.includes("@") || tail.includes("#"))
    return "expected no @ or # behind the host: in a password / is written %2F, ? %3F, # %23 and @ %40";
  const isSocket = form.socket === true && /^%2f/i.test(url.hostname);
  // URL passes over slashes in front of a host.
  if (rest.startsWith("/") || (!isSocket && readHost(url.hostname) === undefined))
    return "expected a host name or an IP address behind the //";
  if (url.port === "0") return "expected a port 1..65535";
  if (form.credentials !== true && (url.username !== "" || url.password !== "")) return "expected no user and no password in the URL";
  if (form.parameters !== true && url.search !== "") return "expected no ? in the URL";
  if ([...url.searchParams.keys()].some((name) => ["host", "hostaddr", "port"].includes(name)))
    return "expected the host and the port behind the //, not as parameters";
  if (form.path !== undefined && !form.path.form.test(url.pathname)) return `expected ${form.path.expected}`;
  return undefined;
}
