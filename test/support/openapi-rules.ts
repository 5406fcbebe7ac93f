// Structural rules of an OpenAPI 3.1 document, as a list of what breaks them.

type Operation = {
  operationId?: string;
  summary?: string;
  tags?: string[];
  security?: unknown[];
  parameters?: { name: string; in: string; required?: boolean; schema?: unknown }[];
  requestBody?: { content: Record<string, { schema?: unknown; example?: unknown }> };
  responses: Record<string, { description?: string; $ref?: string; content?: Record<string, unknown> }>;
};

export type OpenApi = {
  openapi: string;
  info: { title: string; version: string };
  servers?: unknown[];
  tags?: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas?: Record<string, unknown>; securitySchemes?: Record<string, unknown> };
};

/** One sentence per flaw; empty when the document is sound. */
export function documentFlaws(document: OpenApi): string[] {
  const flaws: string[] = [];
  if (!/^3\.1\.\d+$/.test(document.openapi)) flaws.push(`openapi is ${document.openapi}, not 3.1`);
  const ids = new Set<string>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const where = `${method.toUpperCase()} ${path}`;
      const flaw = (text: string) => flaws.push(`${where}: ${text}`);
      const id = operation.operationId;
      if (!id) flaw('has no operationId');
      else if (ids.has(id)) flaw(`repeats operationId ${id}`);
      else ids.add(id);
      if (!operation.summary) flaw('has no summary');
      checkTags(operation, document, flaw);
      checkParameters(path, operation, flaw);
      checkResponses(operation, flaw);
      checkSecurity(operation, document, flaw);
    }
  }
  checkReferences(document, document, '#', flaws);
  return flaws;
}

type Report = (text: string) => void;

function checkTags(operation: Operation, document: OpenApi, flaw: Report): void {
  for (const tag of operation.tags ?? []) {
    if (!document.tags?.some(({ name }) => name === tag)) flaw(`has the tag ${tag}, which is not declared`);
  }
}

function checkParameters(path: string, operation: Operation, flaw: Report): void {
  const wanted = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]);
  const given = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
  for (const name of wanted) {
    if (!given.some((parameter) => parameter.name === name && parameter.required === true)) {
      flaw(`does not declare {${name}} as a required path parameter`);
    }
  }
  for (const { name } of given) if (!wanted.includes(name)) flaw(`declares {${name}}, which the path lacks`);
}

function checkResponses(operation: Operation, flaw: Report): void {
  const responses = Object.entries(operation.responses ?? {});
  if (!responses.some(([status]) => status.startsWith('2'))) flaw('has no response for success');
  for (const [status, response] of responses) {
    if (!/^[1-5]\d\d$/.test(status)) flaw(`has the response ${status}`);
    if (!response.description && !response.$ref) flaw(`does not describe its response ${status}`);
  }
}

function checkSecurity(operation: Operation, document: OpenApi, flaw: Report): void {
  for (const choice of operation.security ?? []) {
    for (const name of Object.keys(choice as object)) {
      if (document.components.securitySchemes?.[name] === undefined)
        flaw(`asks for ${name}, which is not declared`);
    }
  }
}

function checkReferences(value: unknown, document: OpenApi, where: string, flaws: string[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [member, inner] of Object.entries(value)) {
    if (member === '$ref' && typeof inner === 'string' && !resolves(inner, document)) {
      flaws.push(`${where}: ${inner} leads nowhere`);
    }
    checkReferences(inner, document, `${where}/${member}`, flaws);
  }
}

function resolves(reference: string, document: OpenApi): boolean {
  if (!reference.startsWith('#/')) return false;
  let at: unknown = document;
  for (const step of reference.slice(2).split('/')) {
    if (typeof at !== 'object' || at === null) return false;
    at = (at as Record<string, unknown>)[step.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return at !== undefined;
}
