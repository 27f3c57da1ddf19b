import { judgeGrpc, judgeStranger } from './grpc-verdict.ts';
import { judgeHttp } from './http-verdict.ts';
import type { Reply } from './transport.ts';
import { type Judgement, type Sent, unanswered } from './verdict.ts';

/** What came of a request, as the runner has to know it. */
export function judge(reply: Reply, sent: Sent): Judgement {
  switch (reply.kind) {
    case 'none':
      return { verdict: unanswered(reply) };
    case 'http':
      return judgeHttp(reply, sent);
    case 'grpc':
      return judgeGrpc(reply, sent);
    case 'stranger':
      return { verdict: judgeStranger(reply, sent) };
  }
}
