// The official OpenAI library through the gateway: Chat and Responses, plain, streamed and with its own helpers.

import { matrix } from '../support/matrix.ts';
import { OPENAI_CHAT_CLIENTS } from '../support/openai-chat-client.ts';
import { OPENAI_RESPONSES_CLIENTS } from '../support/openai-responses-client.ts';

matrix([...OPENAI_CHAT_CLIENTS, ...OPENAI_RESPONSES_CLIENTS]);
