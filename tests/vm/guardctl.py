#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Talks to viommu_guard by generic netlink, independently of our own client, for the tests.

  guardctl.py set [WORDS...]        policies: "policy NAME MAX [enforce|audit] [errno=E] [message=M]
                                    [file=F] [pattern=P]..." or "default MAX ...", one a argument
  guardctl.py get | status | containers      one JSON object a line
  guardctl.py bind NAME [COMMAND ...]
  guardctl.py listen SECONDS                 denials as JSON lines
  guardctl.py flip N SET1 SET2               N times, between two sets of one policy each
  guardctl.py random SECONDS SEED            messages with valid heads and random attributes
  guardctl.py many N MAX                     N policies whose patterns match nothing, the first without
                                             a limit, and a default of MAX
"""
import errno
import json
import os
import random
import socket
import struct
import sys
import time

SET, GET, STATUS, BIND, CONTAINERS, DENIAL = range(1, 7)
A_GENERATION, A_POLICY, A_DEFAULT, A_NAME, A_STATUS, A_CONTAINER, A_DENIAL = range(1, 8)
POLICY = [None, 'name:s', 'pattern:s*', 'max:u', 'mode:u', 'errno:u', 'message:s', 'file:s',
          'denials:u', 'audits:u', 'containers:u', None]
STATUS_NEST = [None, 'armed:u', 'reason:s', 'policies:u', 'containers:u', 'capped:u', 'missed:m',
               None]
MISSED = [None, 'attach:u', 'errno:u', 'count:u', 'table:u', 'event:u', None]
CONTAINER = [None, 'pid:u', 'start_time:u', 'comm:s', 'cgroup:s', 'group:i', 'policy:s', 'state:u',
             'reason:s', 'limit:x', 'host_limit:x', 'denials:u', 'audits:u', 'violations:u', None]
DENIAL_NEST = [None, 'time:u', 'pid:u', 'tid:u', 'comm:s', 'cgroup:s', 'group:i', 'iova:x', 'size:x',
               'limit:x', 'policy:s', 'file:s', 'message:s', 'errno:u', None]
STATES = ['none', 'capped', 'checked', 'pending', 'audited', 'not_enforced']
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 1, 4, 0x300


def attribute(kind, data):
    return struct.pack('HH', len(data) + 4, kind) + data + b'\0' * (-len(data) % 4)


def text(kind, value):
    return attribute(kind, os.fsencode(value) + b'\0')


def attributes(data):
    at = 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from('HH', data, at)
        if length < 4:
            break
        yield kind & 0x3fff, data[at + 4:at + length]
        at += (length + 3) & ~3


def decode(table, data):
    out = {}
    for kind, value in attributes(data):
        if kind >= len(table) or not table[kind]:
            continue
        name, form = table[kind].split(':')
        if form == 'm':
            out[name] = decode(MISSED, value)
        elif form == 's*':
            out.setdefault(name, []).append(value.rstrip(b'\0').decode())
        elif form == 's':
            out[name] = value.rstrip(b'\0').decode('utf-8', 'replace')
        else:
            number = int.from_bytes(value, 'little', signed=form == 'i')
            out[name] = hex(number) if form == 'x' else number
    return out


class Refused(Exception):
    """The kernel's answer is an error: number, message."""


class Guard:
    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        self.socket.bind((0, 0))
        self.socket.setsockopt(270, 11, 1)      # NETLINK_EXT_ACK
        self.socket.setsockopt(socket.SOL_SOCKET, 32, 16 << 20)     # SO_SNDBUFFORCE
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)     # SO_RCVBUFFORCE
        self.sequence = 0
        for data in self.ask(16, 3, text(2, 'viommu_guard'), version=2):
            found = dict(attributes(data))
            self.family = struct.unpack('H', found[1])[0]
            group = dict(attributes(next(attributes(found[7]))[1]))
            self.group = struct.unpack('I', group[2])[0]

    def send(self, family, command, payload, flags, version=1):
        self.sequence += 1
        self.socket.send(struct.pack('IHHII', 20 + len(payload), family, NLM_F_REQUEST | flags,
                                     self.sequence, 0) +
                         struct.pack('BBH', command, version, 0) + payload)

    def messages(self):
        data = self.socket.recv(1 << 20)
        at = 0
        while at < len(data):
            length, kind, flags, _, _ = struct.unpack_from('IHHII', data, at)
            yield kind, flags, data[at + 16:at + length]
            at += (length + 3) & ~3

    def ask(self, family, command, payload=b'', dump=False, version=1):
        self.send(family, command, payload, NLM_F_DUMP if dump else NLM_F_ACK, version)
        answers = []
        while True:
            for kind, flags, body in self.messages():
                if kind in (2, 3):              # NLMSG_ERROR, NLMSG_DONE
                    error = struct.unpack_from('i', body)[0]
                    if error:
                        at = 4 if kind == 3 else 20 if flags & 0x100 else \
                            4 + struct.unpack_from('I', body, 4)[0]
                        raise Refused(-error, dict(attributes(body[at:])).get(1, b'').rstrip(b'\0').decode())
                    return answers
                answers.append(body[4:])

    def call(self, command, payload=b'', dump=False):
        return self.ask(self.family, command, payload, dump)


def policy(words):
    """The nest of "policy NAME MAX ..." or "default MAX ..."."""
    kind, *words = words.split()
    nest = b''
    if kind == 'policy':
        nest += text(1, words.pop(0))
    nest += attribute(3, struct.pack('Q', int(words.pop(0), 0) & (2 ** 64 - 1)))
    mode = 1
    for word in words:
        key, _, value = word.partition('=')
        if word == 'audit':
            mode = 2
        elif key == 'errno':
            nest += attribute(5, struct.pack('I', getattr(errno, value)))
        elif key in ('message', 'file', 'pattern'):
            nest += text({'message': 6, 'file': 7, 'pattern': 2}[key], value.replace('_', ' ')
                         if key == 'message' else value)
    nest += attribute(4, bytes([mode]))
    return attribute(0x8000 | (A_DEFAULT if kind == 'default' else A_POLICY), nest)


def set_policies(guard, words):
    answer = guard.call(SET, b''.join(map(policy, words)))
    return int.from_bytes(dict(attributes(answer[0]))[A_GENERATION], 'little')


def shown(guard, command, kinds, table):
    for body in guard.call(command, dump=command != STATUS):
        for kind, value in attributes(body):
            if kind in kinds:
                out = decode(table, value)
                if 'state' in out:
                    out['state'] = STATES[out['state']]
                yield out
            elif kind == A_GENERATION:
                yield {'generation': int.from_bytes(value, 'little')}


def listen(guard, seconds):
    guard.socket.setsockopt(270, 1, guard.group)
    print('{"listening":true}', flush=True)
    guard.socket.settimeout(0.2)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            for _, _, body in guard.messages():
                for kind, value in attributes(body[4:]):
                    if kind == A_DENIAL:
                        print(json.dumps(decode(DENIAL_NEST, value)), flush=True)
        except socket.timeout:
            pass


def random_attributes(dice, depth=0):
    out = b''
    for _ in range(dice.randrange(6)):
        if depth < 2 and dice.random() < 0.4:
            data = random_attributes(dice, depth + 1)
        elif dice.random() < 0.5:
            data = dice.choice([b'/a/*\0', b'name\0', b'\1', b'\2', struct.pack('I', 34), b'/\0',
                                struct.pack('Q', (1 << dice.randrange(12, 64)) - 1)])
        else:
            data = dice.randbytes(dice.randrange(20))
        raw = attribute(dice.choice([1, 2, 3, 4, 5, 6, 7, dice.randrange(1 << 16)]), data)
        if dice.random() < 0.1:
            raw = struct.pack('H', dice.randrange(1 << 16)) + raw[2:]
        out += raw
    return out


def fuzz(guard, seconds, seed):
    dice = random.Random(seed)
    guard.socket.settimeout(5)
    until, sent, taken = time.monotonic() + seconds, 0, 0
    while time.monotonic() < until:
        command = dice.randrange(8)
        sent += 1
        try:
            guard.call(command, random_attributes(dice), dice.random() < 0.3)
            taken += 1
        except Refused:
            pass
    guard.call(BIND, text(A_NAME, ''))
    print(json.dumps({'sent': sent, 'taken': taken}))


def main(verb, *words):
    guard = Guard()
    if verb == 'set':
        print(set_policies(guard, words))
    elif verb == 'get':
        for out in shown(guard, GET, (A_POLICY, A_DEFAULT), POLICY):
            print(json.dumps(out))
    elif verb == 'status':
        print(json.dumps({k: v for out in shown(guard, STATUS, (A_STATUS,), STATUS_NEST)
                          for k, v in out.items()}))
    elif verb == 'containers':
        for out in shown(guard, CONTAINERS, (A_CONTAINER,), CONTAINER):
            print(json.dumps(out))
    elif verb == 'bind':
        guard.call(BIND, text(A_NAME, words[0]))
        if words[1:]:
            os.execvp(words[1], words[1:])
    elif verb == 'listen':
        listen(guard, float(words[0]))
    elif verb == 'flip':
        for i in range(int(words[0])):
            set_policies(guard, [words[1 + i % 2]])
    elif verb == 'many':
        set_policies(guard, ['policy p%d %s pattern=/none%d/*' % (i, words[1] if i else '-1', i)
                             for i in range(int(words[0]))] + ['default ' + words[1]])
    elif verb == 'random':
        fuzz(guard, float(words[0]), int(words[1]))


try:
    main(*sys.argv[1:])
except Refused as refusal:
    sys.exit('guardctl: %s: %s' % (errno.errorcode.get(refusal.args[0], refusal.args[0]), refusal.args[1]))
