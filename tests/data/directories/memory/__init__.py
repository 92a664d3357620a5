from agent.memory_provider import MemoryProvider


class MyMemory(MemoryProvider):
    pass
