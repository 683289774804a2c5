"""The loops of `pace` as coroutines, for lanes that are tasks on an event loop.

They are generated from the source of `pace`, by adding `await`. Running blocking operations as
coroutines instead would let one copy serve both, but it would add to the cost of each operation.
"""
import ast
import inspect

from . import pace

LOOPS = ("run_lane", "run_closed_loop", "run_open_loop", "watch")
AWAITED = (*LOOPS, "operate", "sleep")


class MakeAsynchronous(ast.NodeTransformer):
    """Makes functions asynchronous and awaits their calls of AWAITED."""

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        return ast.copy_location(ast.AsyncFunctionDef(**dict(ast.iter_fields(node))), node)

    def visit_Call(self, node):
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in AWAITED:
            return ast.copy_location(ast.Await(node), node)
        return node


def asynchronous_loops(sleep):
    """Returns the asynchronous `run_lane` and `watch`; `sleep` is that of the event loop."""
    module = ast.parse(inspect.getsource(pace))
    module.body = [
        MakeAsynchronous().visit(node)
        for node in module.body
        if isinstance(node, ast.FunctionDef) and node.name in LOOPS
    ]
    names = {**vars(pace), "sleep": sleep}
    exec(compile(module, pace.__file__, "exec"), names)
    return names["run_lane"], names["watch"]
