// Lines to paste that call this server.

export type Program = 'curl' | 'python' | 'claude';

/** The key itself is not in it, so that it can be shown to others. */
export function snippetFor(program: string, origin: string, model: string): string {
  switch (program) {
    case 'python':
      return `from openai import OpenAI

client = OpenAI(base_url="${origin}/v1", api_key="sk-osiris-…")
answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Say hello."}],
)
print(answer.choices[0].message.content)`;
    case 'claude':
      return `export ANTHROPIC_BASE_URL=${origin}
export ANTHROPIC_AUTH_TOKEN=sk-osiris-…
export ANTHROPIC_MODEL=${model}
claude`;
    default:
      return `curl ${origin}/v1/chat/completions \\
  -H "Authorization: Bearer $OSIRIS_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"model":"${model}","messages":[{"role":"user","content":"Say hello."}]}'`;
  }
}

/** Model names are the operator's; in a line for a shell they are plain or not there at all. */
export function plainModel(name: string | undefined): string {
  return name !== undefined && /^[\w.:/@+-]{1,100}$/.test(name) ? name : 'sandbox/echo';
}
