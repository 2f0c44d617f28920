"""Pictures and video into reads. ``Detector`` and ``Recogniser`` are one-method protocols, so either can be replaced.

One picture: ``detect`` finds where, ``recognise`` says what, ``read_picture`` makes plates of it with the rules of ``plates``,
``regions`` and ``shapes``. Many: ``sources`` names them, ``pictures`` and ``video`` open them, ``track`` makes one read of a
vehicle's pass, ``run`` leads through all of it, ``spool`` and ``deliver`` bring reads to a node, ``show`` draws them.
Nothing here imports a node; onnxruntime, cv2, PyAV and Pillow are imported only where they are used.
"""
