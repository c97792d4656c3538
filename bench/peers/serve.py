"""The peers' side of the protocol in Python: a line of JSON in, a line of JSON out (`serve.mjs` says more)."""
import json
import sys
import time

import numpy


def read_weights(path):
    """The tensors of a safetensors file, all of them float32."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = numpy.frombuffer(data[begin:end], "<f4").reshape(entry["shape"]).copy()
    return tensors


def read_images(request):
    """Bytes [count, 28, 28], and a label each."""
    images = numpy.fromfile(request["images"], numpy.uint8).reshape(-1, 28, 28)
    return images, numpy.fromfile(request["labels"], numpy.uint8)


def run(peer, seconds):
    start = time.perf_counter()
    steps = 0
    while True:
        for _ in range(peer.at_once):
            peer.step()
        steps += peer.at_once
        took = time.perf_counter() - start
        if took >= seconds:
            return {"steps": steps, "seconds": took}


def serve(open_peer):
    peer = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "load":
            peer = open_peer(request)
            answer = {"ready": True}
        elif request["do"] == "check":
            answers = []
            for _ in range(request["steps"]):
                peer.step()
                answers.append(peer.answer())
            answer = {"answers": answers}
        else:
            answer = run(peer, request["seconds"])
        print(json.dumps(answer), flush=True)
