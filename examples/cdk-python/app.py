"""A CDK app in Python whose function is bundled by barrow."""

from pathlib import Path

from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_
from barrow_cdk import PythonFunction

HERE = Path(__file__).resolve().parent

app = App()
stack = Stack(app, "BarrowPython")
for name, architecture in (("Intel", lambda_.Architecture.X86_64), ("Arm", lambda_.Architecture.ARM_64)):
    PythonFunction(
        stack,
        name,
        entry=str(HERE / "function"),
        runtime=lambda_.Runtime.PYTHON_3_13,
        architecture=architecture,
    )
app.synth()
