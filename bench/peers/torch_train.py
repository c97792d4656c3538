"""PyTorch, tuned, training: `torch_notebook.py` and `torch_usual.py`."""
import torch

from serve import serve
from torch_notebook import Notebook
from torch_usual import Usual


def open_peer(request):
    torch.set_num_threads(request["threads"])
    torch.set_flush_denormal(True)
    torch.set_grad_enabled(False)
    return Usual(request) if request["workload"] == "W3" else Notebook(request)


serve(open_peer)
