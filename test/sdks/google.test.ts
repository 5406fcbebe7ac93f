// Google's library through the gateway: whole answers, streams and its chat, over every upstream format.

import { GOOGLE_CLIENTS } from '../support/google-client.ts';
import { matrix } from '../support/matrix.ts';

matrix(GOOGLE_CLIENTS);
