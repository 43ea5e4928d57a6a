"""AWS Signature Version 4 for single requests, as the tests need it: to fill a bucket, and to prove that the server looks.

@spec AWS, "Signature Version 4 signing process" for Amazon S3.
"""
import datetime
import hashlib
import hmac
import http.client
import urllib.parse


def _digest(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signed_headers(method, host, path, access, secret, *, region="us-east-1", headers=None, body=b""):
    """Headers with the signature for `path`, which is percent-encoded already; without a query string."""
    now = datetime.datetime.now(datetime.timezone.utc)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    path, _, query = path.partition("?")
    sent = {"host": host, "x-amz-date": stamp, "x-amz-content-sha256": hashlib.sha256(body).hexdigest(), **(headers or {})}
    names = ";".join(sorted(sent))
    pairs = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))
    canonical_query = "&".join(f"{urllib.parse.quote(k, safe='-_.~')}={urllib.parse.quote(v, safe='-_.~')}" for k, v in pairs)
    canonical = "\n".join([method, path, canonical_query, *(f"{name}:{sent[name].strip()}" for name in sorted(sent)), "", names,
                           sent["x-amz-content-sha256"]])
    scope = f"{day}/{region}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = _digest(_digest(_digest(_digest(b"AWS4" + secret.encode(), day), region), "s3"), "aws4_request")
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    sent["authorization"] = f"AWS4-HMAC-SHA256 Credential={access}/{scope}, SignedHeaders={names}, Signature={signature}"
    return sent


def request(method, port, path, access=None, secret=None, *, body=b"", headers=None, tamper=lambda headers: headers, region="us-east-1"):
    """Sends a request to a server on this machine; signed if there is a key. Gives (status, body)."""
    host = f"127.0.0.1:{port}"
    sent = dict(headers or {})
    if access:
        sent = signed_headers(method, host, path, access, secret, headers=sent, body=body, region=region)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body=body or None, headers=tamper(sent))
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content
