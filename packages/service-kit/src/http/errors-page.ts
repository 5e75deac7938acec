// A page of HTML with every error code: what its status is, and what to do now. The `type` of an
// error's body leads to its place on the page.
import { statusOf, titleOf } from "@covault/api";
import { codes, type ErrorCode } from "@covault/errors";

export function errorsPage(): string {
  const sections = (Object.keys(codes) as ErrorCode[]).map((code) => {
    const { kind, hint } = codes[code];
    return `<section id="${code.replace("/", "-")}">
<h2>${titleOf(code)}</h2>
<p><code>${code}</code>, ${kind}, HTTP ${statusOf(code)}</p>
<p>${escaped(hint)}</p>
</section>`;
  });
  return `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Errors of Covault</title></head>
<body>
<h1>Errors of Covault</h1>
<p>Branch on the code, never on the text.</p>
${sections.join("\n")}
</body>
</html>
`;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (letter) => entities[letter] ?? letter);
