// Open WebUI: a connection in its admin settings, or two variables where its container starts.

import type { Client } from './client.ts';
import { ANY_MODEL } from './models.ts';

/** Inside a container the host's own address is another. */
function seenFromContainer(origin: string): string {
  return origin.replace(/\/\/(localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$)/, '//host.docker.internal');
}

export const OPEN_WEBUI: Client = {
  id: 'open-webui',
  name: 'Open WebUI',
  kind: 'chat',
  format: 'openai-chat',
  calledAs: ['open-webui', 'python'],
  prefers: ANY_MODEL,
  blocks: [
    {
      kind: 'steps',
      title: 'In Open WebUI, as its admin',
      steps: ({ origin, key }) => [
        'Open Admin Settings, then Connections, then OpenAI, then Add New Connection.',
        ['URL', `${origin}/v1`],
        ['API Key', key],
        'Save. The models of this key are in the list of models.',
      ],
    },
    {
      kind: 'code',
      alternative: true,
      title: 'When its container starts',
      language: 'shell',
      text: ({ origin, key }) =>
        [
          'docker run -d -p 3000:8080 --add-host=host.docker.internal:host-gateway',
          `-e OPENAI_API_BASE_URL=${seenFromContainer(origin)}/v1 -e OPENAI_API_KEY=${key}`,
          '-v open-webui:/app/backend/data --name open-webui ghcr.io/open-webui/open-webui:main\n',
        ].join(' '),
    },
  ],
  notes: ({ origin }) =>
    seenFromContainer(origin) === origin
      ? []
      : [
          `In a container write ${seenFromContainer(origin)}/v1, and let Osiris listen beyond this machine: server.host.`,
        ],
};
