/**
 * The OpenAPI document as one page of plain HTML: no script, nothing from elsewhere, so the strictest content policy
 * holds. Every text is escaped.
 */
import Type, { type Static } from "typebox";
import { Value } from "typebox/value";
import { PROBLEM_CODES, PROBLEMS, type ProblemCode } from "../problems.js";

const Parameter = Type.Object({
  name: Type.String(),
  in: Type.String(),
  required: Type.Optional(Type.Boolean()),
  description: Type.Optional(Type.String()),
  schema: Type.Optional(Type.Unknown()),
});
const Media = Type.Record(Type.String(), Type.Object({ schema: Type.Optional(Type.Unknown()) }));
const Operation = Type.Object({
  operationId: Type.String(),
  tags: Type.Array(Type.String()),
  summary: Type.Optional(Type.String()),
  description: Type.Optional(Type.String()),
  parameters: Type.Optional(Type.Array(Parameter)),
  requestBody: Type.Optional(Type.Object({ content: Media })),
  responses: Type.Record(
    Type.String(),
    Type.Object({ description: Type.Optional(Type.String()), content: Type.Optional(Media) }),
  ),
});
type Operation = Static<typeof Operation>;

interface Placed extends Operation {
  readonly method: string;
  readonly path: string;
}

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1c;
  background: #fff }
code, pre { font: 14px/1.45 ui-monospace, monospace }
pre { overflow: auto; background: #f4f4f4; padding: .75rem }
h2 { margin-top: 2.5rem } h3 { margin: 1.5rem 0 .25rem }
.method { display: inline-block; min-width: 4.5rem; font-weight: 700 }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .25rem .75rem .25rem 0;
  vertical-align: top; border-bottom: 1px solid #ddd }
@media (prefers-color-scheme: dark) { body { background: #161616; color: #e8e8e8 } pre { background: #242424 }
  a { color: #8ab4f8 } td, th { border-color: #444 } }
`;

/** `document`: what `app.swagger()` gives. */
export function apiPage(document: object): string {
  const info = "info" in document && document.info !== null && typeof document.info === "object" ? document.info : {};
  const about = "description" in info ? String(info.description) : "";
  const operations = operationsOf(document);
  const tags = [...new Set(operations.flatMap((operation) => operation.tags))].sort();
  const links = tags.map((tag) => `<a href="#${escaped(tag)}">${escaped(tag)}</a>`).join(" · ");
  const sections = tags.map((tag) => {
    const inside = operations.filter((operation) => operation.tags.includes(tag));
    return `<h2 id="${escaped(tag)}">${escaped(tag)}</h2>\n${inside.map(operationHtml).join("\n")}`;
  });
  return frame(
    "Spiral fleet API",
    `<p>${marked(about)}</p>
<p>The same for programs: <a href="/docs/openapi.json">/docs/openapi.json</a> (OpenAPI 3.1)</p>
<p>${links} · <a href="#problems">problems</a></p>
${sections.join("\n")}
${problemTable()}`,
  );
}

export function problemPage(code: ProblemCode): string {
  const { status, title } = PROBLEMS[code];
  return frame(
    `${code} (${status})`,
    `<p>${escaped(title)}.</p><p>Answered with status ${status}. <a href="/docs#problems">All problems</a></p>`,
  );
}

function frame(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><h1>${escaped(title)}</h1>
${body}
</body></html>
`;
}

function problemTable(): string {
  const rows = PROBLEM_CODES.map((code) => {
    const { status, title } = PROBLEMS[code];
    const link = `<a href="/problems/${code}"><code>${code}</code></a>`;
    return row([link, String(status), escaped(title)], `problem-${code}`);
  });
  return `<h2 id="problems">problems</h2>
<table><tr><th>code</th><th>status</th><th>what it means</th></tr>
${rows.join("\n")}
</table>`;
}

function operationsOf(document: object): readonly Placed[] {
  const paths = "paths" in document && document.paths !== null ? Object.entries(document.paths ?? {}) : [];
  return paths.flatMap(([path, methods]) =>
    Object.entries(methods !== null && typeof methods === "object" ? methods : {}).flatMap(([method, operation]) =>
      Value.Check(Operation, operation) ? [{ ...operation, method: method.toUpperCase(), path }] : [],
    ),
  );
}

function operationHtml({ method, path, operationId, summary, description, ...rest }: Placed): string {
  const { parameters = [], requestBody, responses } = rest;
  const rows = parameters.map((parameter) => {
    const need = parameter.required === true ? "required" : "";
    const text = parameter.description ?? "";
    return row([`<code>${escaped(parameter.name)}</code>`, `${escaped(parameter.in)} ${need}`, marked(text)]);
  });
  const answers = Object.entries(responses).map(([status, { content = {} }]) => `${status}${mediaOf(content)}`);
  return `<h3 id="${escaped(operationId)}"><span class="method">${method}</span> <code>${escaped(path)}</code></h3>
<p>${marked([summary, description].filter((text) => text !== undefined).join(". "))}</p>
${rows.length === 0 ? "" : `<table>${rows.join("")}</table>`}
${requestBody === undefined ? "" : schemas("Body", requestBody.content)}
${schemas("Answer", responses["200"]?.content ?? responses["201"]?.content ?? responses["202"]?.content ?? {})}
<p>Answers: ${escaped(answers.join(", "))}</p>`;
}

function mediaOf(content: Static<typeof Media>): string {
  const kinds = Object.keys(content).filter((kind) => !kind.includes("json"));
  return kinds.length === 0 ? "" : ` (${kinds.join(", ")})`;
}

/** `cells`: HTML. */
function row(cells: readonly string[], id?: string): string {
  const inside = cells.map((cell) => `<td>${cell}</td>`).join("");
  return id === undefined ? `<tr>${inside}</tr>` : `<tr id="${id}">${inside}</tr>`;
}

function schemas(title: string, content: Static<typeof Media>): string {
  return Object.entries(content)
    .map(([kind, { schema }]) => {
      const text = escaped(JSON.stringify(schema ?? {}, null, 2));
      return `<details><summary>${title}: ${escaped(kind)}</summary><pre>${text}</pre></details>`;
    })
    .join("\n");
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Escaped, with `code` marked. */
function marked(text: string): string {
  return escaped(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}
