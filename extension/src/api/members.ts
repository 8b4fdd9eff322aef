/** Who may do what with a tenant, and what was done. Everything rejects with an `ApiError`, and with nothing else. */

import { call, path } from './call.js';
import type { Send } from './client.js';
import type { Right } from './nouns.js';

export interface Member {
  /** `jupyter:ada`, `hub:lab:ada`, `oidc:https://id.example#1`. */
  person: string;
  right: Right;
  added_by: string;
  created_at: string;
}

export interface Invitation {
  id: string;
  name: string;
  right: Right;
  invited_by: string;
  created_at: string;
  expires_at: string;
}

export interface CreatedInvitation extends Invitation {
  /** Shown once. */
  token: string;
}

export interface AuditEntry {
  id: number;
  at: string;
  actor: string;
  action: string;
  target: string | null;
  /** `ok`, or the code of an error. */
  outcome: string;
}

export function members(send: Send, tenant: string): Promise<Member[]> {
  return call(send, 'GET', path(tenant, 'members'));
}

export function giveRight(send: Send, tenant: string, person: string, right: Right): Promise<Member> {
  return call(send, 'PUT', path(tenant, 'members', person), { right });
}

export function removeMember(send: Send, tenant: string, person: string): Promise<void> {
  return call(send, 'DELETE', path(tenant, 'members', person));
}

/** Those that nobody redeemed yet; for administrators. */
export function invitations(send: Send, tenant: string): Promise<Invitation[]> {
  return call(send, 'GET', path(tenant, 'invitations'));
}

export function invite(send: Send, tenant: string, name: string, right: Right): Promise<CreatedInvitation> {
  return call(send, 'POST', path(tenant, 'invitations'), { name, right });
}

export function revokeInvitation(send: Send, tenant: string, id: string): Promise<void> {
  return call(send, 'DELETE', path(tenant, 'invitations', id));
}

/** The last ones, newest first; for owners. */
export function activity(send: Send, tenant: string, most: number): Promise<AuditEntry[]> {
  return call(send, 'GET', `${path(tenant, 'audit')}?limit=${most}`);
}
