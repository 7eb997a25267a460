"""Stores in trouble: contents and claims that somebody has changed, servers that are killed in the middle of a transfer, and rights
that a store withholds. `tests/servers/stores` asks for each with each store."""

import json
import os
import socket
import subprocess
import threading
import time

# Bytes a second that get through, above the floor of the shared cache, and bytes after which the server is killed.
RATE, ENOUGH = 8 << 20, 256 << 10

USERS = """
import boto3, json, sys
def client(name):
    return boto3.client(name, endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y")
client("s3").create_bucket(Bucket="ci-cache")
iam, keys = client("iam"), {}
read = [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::ci-cache/barrow/*"]},
        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::ci-cache"]}]
write = {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::ci-cache/barrow/main/*"]}
for name, statements in [("reader", read), ("main", [*read, write])]:
    iam.create_user(UserName=name)
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_user_policy(UserName=name, PolicyName="cache", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys[name] = [key["AccessKeyId"], key["SecretAccessKey"]]
print(json.dumps(keys))
"""
# Requests of the above, after which moto asks for rights.
REQUESTS_BEFORE = 7


def refusals(own, store, machines, sources, keys):
    """Whatever somebody has done to claims and contents, the run builds by itself and gives the same."""
    def words(folder):
        return ["install", *sources, "--no-index", "--runtime", "python3.12", "-t", "out", "-v",
                "--remote-cache", store.place(folder)]

    first, done, _ = machines.run(store, [*words("refused"), *own.WRITER])
    expected = own.tree(first / "out")
    good = {key: store.get(key) for key in store.keys("refused/main/")}
    claims = sorted(key for key in good if "/claims/" in key)
    contents = sorted(key for key in good if "/cas/" in key)
    own.check(f"{store.name}: two claims and two contents are there", len(claims) == len(contents) == 2, done.stderr)

    def refused(name, says, folder="refused", more=()):
        home, done, _ = machines.run(store, [*words(folder), *more])
        built = done.stderr.count("Building ") == 2 and own.tree(home / "out") == expected
        own.check(f"{store.name}: {name} is refused", done.returncode == 0 and built and says in " ".join(done.stderr.split()), done.stderr)
        for key, body in good.items():
            store.put(key, body)

    for key in contents:
        store.put(key, bytes(byte ^ 1 for byte in good[key]))
    refused("what is poisoned", "is not what its claim says")
    for key in contents:
        store.put(key, good[key][:len(good[key]) // 2])
    refused("what is truncated", "is not what its claim says")
    store.put(claims[0], good[claims[1]])
    store.put(claims[1], good[claims[0]])
    refused("what is swapped", "a claim about something else")
    pulls = ["--remote-cache-write", "pulls", "--remote-cache-private", "pulls"]
    machines.run(store, [*words("refused"), "--remote-cache-read", "pulls", *pulls])
    for key in store.keys("refused/pulls/"):
        store.put(key.replace("/pulls/", "/main/"), store.get(key))
    refused("what is replayed from another namespace", "a claim about something else")
    trusted = ["--remote-cache-key", keys / "ours.pub"]
    refused("what is not signed", "it is not signed", more=trusted)
    for who in ["theirs", "ours"]:
        machines.run(store, [*words(who), *own.WRITER, "--remote-cache-sign-key", keys / f"{who}.pem"])
    refused("what somebody else has signed", "not among the keys", "theirs", trusted)
    _, done, _ = machines.run(store, [*words("ours"), *trusted])
    own.check(f"{store.name}: what is signed is taken", "2 hits" in done.stderr, done.stderr)
    for key in store.keys("ours/main/claims/"):
        store.put(key, store.get(key).replace(b'\\"took\\":', b'\\"took\\":1'))
    refused("what is changed after it was signed", "is wrong", "ours", trusted)


def make_keys(folder):
    keys = folder / "keys"
    keys.mkdir()
    for who in ["ours", "theirs"]:
        pem = keys / f"{who}.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", pem], check=True)
        subprocess.run(["openssl", "pkey", "-in", pem, "-pubout", "-out", keys / f"{who}.pub"], check=True)
    return keys


class Slow:
    """Stands between a run and a server, lets so many bytes a second through, and kills the server in the middle of a transfer."""

    def __init__(self, store, direction):
        self.store, self.direction, self.passed, self.killed, self.open = store, direction, 0, False, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.store.port))
            except OSError:
                if self.listener.fileno() < 0:
                    return
                client.close()
                continue
            self.open += [client, server]
            for name, pair in [("up", (client, server)), ("down", (server, client))]:
                threading.Thread(target=self.pump, args=(name, *pair), daemon=True).start()

    def pump(self, name, source, to):
        try:
            while data := source.recv(16 << 10):
                if name == self.direction:
                    self.passed += len(data)
                    time.sleep(len(data) / RATE)
                    if self.passed > ENOUGH and not self.killed:
                        self.killed = True
                        self.store.process.kill()
                        self.store.process.wait(10)
                        for each in self.open:
                            each.close()
                        return
                to.sendall(data)
        except OSError:
            pass
        for each in (source, to):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()


def killed(own, store, machines, wheel):
    """SIGKILL while a zip is fetched, and while one is brought: the run does its work, and nobody finds half of anything."""
    index, line = wheel

    def words(store, folder):
        return ["bundle", "app", "-r", "app/requirements.txt", "-o", "out.zip", "--runtime", "python3.12", "--index-url", index, "-v",
                "--remote-cache", store.place(folder)]

    first, done, alone = machines.run(store, [*words(store, "killed"), *own.WRITER], machines.app(line))
    expected = (first / "out.zip").read_bytes()
    for direction, folder, more in [("down", "killed", []), ("up", "killed-too", own.WRITER)]:
        what = "fetched" if direction == "down" else "brought"
        slow = Slow(store, direction)
        through = store.through(slow.port)
        home, done, took = machines.run(through, [*words(through, folder), *more], machines.app(line))
        slow.close()
        same = done.returncode == 0 and (home / "out.zip").read_bytes() == expected
        own.check(f"{store.name}: killed while a zip is {what}, the run has its zip", slow.killed and same, done.stderr)
        own.check(f"{store.name}: and it costs seconds", took < alone + 15, f"{took:.1f} s and {alone:.1f} s")
        store.restart()
    own.check(f"{store.name}: what was not brought is told", "not uploaded" in done.stderr, done.stderr)
    claims = store.keys("killed-too/main/claims/")
    own.check(f"{store.name}: no claim is there without its content", not claims, claims)
    home, done, _ = machines.run(store, [*words(store, "killed-too"), *own.WRITER], machines.app(line))
    same = done.returncode == 0 and (home / "out.zip").read_bytes() == expected
    own.check(f"{store.name}: afterwards the store is in order again", same and "uploaded" in done.stderr, done.stderr)
    home, done, _ = machines.run(store, words(store, "killed-too"), machines.app(line))
    same = done.returncode == 0 and (home / "out.zip").read_bytes() == expected
    own.check(f"{store.name}: and gives the zip", same and "1 hit" in done.stderr, done.stderr)


def rights(own, machines, tools, folder, azurite):
    """The policies of docs/shared-cache.md, where a server enforces them: readers read, one branch writes to its own namespace."""
    port = own.free_port()
    environment = {**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": str(REQUESTS_BEFORE)}
    process = subprocess.Popen([tools / "moto_server", "-H", "127.0.0.1", "-p", str(port)], cwd=folder, env=environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        own.wait_for(port, process)
        endpoint = f"http://127.0.0.1:{port}"
        made = subprocess.run([tools / "python", "-c", USERS, endpoint], capture_output=True, text=True, timeout=own.TIME_LIMIT)
        keys = json.loads(made.stdout)
        for who, namespace, may in [("reader", None, True), ("reader", "main", False), ("main", "main", True), ("main", "pulls", False)]:
            variables = {"AWS_ENDPOINT_URL_S3": endpoint, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": keys[who][0],
                         "AWS_SECRET_ACCESS_KEY": keys[who][1]}
            tried(own, machines, own.Store("moto", "s3://ci-cache/barrow", variables), who, namespace, may)
    finally:
        process.kill()
        process.wait(10)
    if azurite is not None:
        for who, permissions, namespace, may in [("reader", "r", None, True), ("reader", "r", "main", False), ("main", "rcw", "main", True)]:
            url = f"{azurite.url.partition('?')[0]}/rights?{own.shared_access(permissions)}"
            tried(own, machines, own.Store("azurite", url), who, namespace, may)
    port = own.free_port()
    place = folder / "rights"
    (place / "cache").mkdir(parents=True)
    hashed = subprocess.run(["openssl", "passwd", "-apr1", "marked-word"], capture_output=True, text=True, check=True).stdout.strip()
    (place / "writers").write_text(f"main:{hashed}\n")
    (place / "writers").chmod(0o644)
    process = own.run_nginx(place, port, f"""location /cache/ {{ root {place}; dav_methods PUT; create_full_put_path on; client_max_body_size 0;
        limit_except GET HEAD {{ auth_basic "cache"; auth_basic_user_file {place}/writers; }} }}""")
    try:
        for who, namespace, may in [("", None, True), ("", "main", False), ("main:marked-word@", "main", True)]:
            store = own.Store("nginx", f"http://{who}127.0.0.1:{port}/cache", {"NO_SECRET": "marked-word"})
            tried(own, machines, store, who.partition(":")[0] or "reader", namespace, may)
    finally:
        process.kill()
        process.wait(10)


def tried(own, machines, store, who, namespace, may):
    words = ["cache", "remote", "status", "--remote-cache", store.url, *(["--remote-cache-write", namespace] if namespace else [])]
    _, done, _ = machines.run(store, words)
    right = (done.returncode == 0) == may and "read main: works" in done.stdout
    what = f"writes to {namespace}" if namespace else "reads"
    own.check(f"{store.name}: {who} {what if may else 'cannot ' + what.replace('writes', 'write')}", right, done.stdout + done.stderr)


def age(own, store, machines):
    """What is old is removed where the store can list; a server of files says that it cannot."""
    words = ["cache", "remote", "prune", "--older-than", "0", "--remote-cache", store.place("refused"), "--remote-cache-write", "main"]
    _, done, _ = machines.run(store, words)
    if store.name == "nginx":
        own.check("nginx: cannot list, and that is said", done.returncode == 1 and "cannot say what it has" in " ".join(done.stderr.split()), done.stderr)
    else:
        left = store.keys("refused/main/")
        others = store.keys("refused/pulls/")
        own.check(f"{store.name}: what is old is removed, and nothing else", done.returncode == 0 and not left and others, f"{left} {done.stderr}")
